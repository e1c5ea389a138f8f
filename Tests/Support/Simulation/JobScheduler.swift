import Dispatch
internal import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Runs every job of the process on one thread, one at a time, in an order that a seed chooses.
///
/// A job is the part of a task between two suspensions, so an order of jobs is an interleaving of everything that the
/// tasks do. It takes over the whole process, so it's for an exit test.
package enum JobScheduler {
  private typealias Original = @convention(thin) (UnownedJob) -> Void
  private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

  private struct Queue {
    var jobs: [UnownedJob] = []
    /// The jobs enqueued while one operation runs to its end.
    var exclusive: [UnownedJob] = []
    var isExclusive = false
    /// The operations that wait for their turn to be alone.
    var waiting: [CheckedContinuation<Void, Never>] = []
    var count = 0
  }

  private static let queue = Mutex(Queue())
  private static let arrivals = DispatchSemaphore(value: 0)
  // The runtime's name for it, in `Concurrency.h`.
  private static let hookName = "swift_task_enqueueGlobal_hook"

  /// The number of jobs that ran.
  package static var count: Int { queue.withLock(\.count) }

  /// Takes over the runtime's jobs, for the rest of the process.
  package static func takeOver() {
    guard let symbol = unsafe dlsym(dlopen(nil, RTLD_NOW), hookName) else {
      fatalError("the runtime has no \(hookName)")
    }
    let hook = unsafe symbol.assumingMemoryBound(to: Hook?.self)
    unsafe hook.pointee = { job, _ in JobScheduler.enqueue(job) }
  }

  private static func enqueue(_ job: UnownedJob) {
    queue.withLock { queue in
      if queue.isExclusive { queue.exclusive.append(job) } else { queue.jobs.append(job) }
    }
    arrivals.signal()
  }

  /// Performs an operation that may use other threads, during which nothing else runs.
  package static func exclusively<Result>(_ operation: () async throws -> Result) async rethrows -> Result {
    while !tryToBeAlone() { await withCheckedContinuation { wait($0) } }
    defer { endBeingAlone() }
    do {
      let result = try await operation()
      // Whether the other threads were done before it could suspend must make no difference.
      await Task.yield()
      return result
    } catch {
      await Task.yield()
      throw error
    }
  }

  private static func tryToBeAlone() -> Bool {
    queue.withLock { queue in
      defer { queue.isExclusive = true }
      return !queue.isExclusive
    }
  }

  private static func wait(_ turn: CheckedContinuation<Void, Never>) {
    queue.withLock { $0.waiting.append(turn) }
  }

  // The next one isn't handed the turn: what the job of this one still does would be taken for its part.
  private static func endBeingAlone() {
    let next = queue.withLock { queue -> CheckedContinuation<Void, Never>? in
      queue.jobs += queue.exclusive
      queue.exclusive = []
      queue.isExclusive = false
      return queue.waiting.isEmpty ? nil : queue.waiting.removeFirst()
    }
    next?.resume()
  }

  /// Whether an operation runs alone, so that nothing else must begin.
  package static var isExclusive: Bool { queue.withLock(\.isExclusive) }

  /// Runs one job; returns `false` if there is none.
  package static func runOne(_ random: inout some RandomNumberGenerator) -> Bool {
    guard let job = next(&random) else { return false }
    // `(0, 0)` is the runtime's own value for the global executor, on which these jobs were to run.
    unsafe job.runSynchronously(on: unsafeBitCast((0, 0), to: UnownedSerialExecutor.self))
    return true
  }

  private static func next(_ random: inout some RandomNumberGenerator) -> UnownedJob? {
    while true {
      let (job, mustWait) = queue.withLock { queue -> (UnownedJob?, Bool) in
        queue.count += 1
        if queue.isExclusive {
          return queue.exclusive.isEmpty ? (nil, true) : (queue.exclusive.removeFirst(), false)
        }
        guard !queue.jobs.isEmpty else { return (nil, false) }
        return (queue.jobs.remove(at: Int.random(in: queue.jobs.indices, using: &random)), false)
      }
      guard mustWait else { return job }
      arrivals.wait()
    }
  }
}
