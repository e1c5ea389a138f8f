import Dispatch
internal import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A scheduler that runs every job of the process on one thread, one at a time, in an order that a seed determines.
///
/// A job is the part of a task between two suspensions, so an order of jobs is an interleaving of everything that the
/// tasks do. It affects the whole process, so use it in an exit test.
package enum JobScheduler {
  private typealias Original = @convention(thin) (UnownedJob) -> Void
  private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

  private struct Queue {
    var jobs: [UnownedJob] = []
    /// The jobs that are enqueued while one operation runs to its end.
    var exclusive: [UnownedJob] = []
    var isExclusive = false
    /// The operations that wait for their turn to run alone.
    var waiting: [CheckedContinuation<Void, Never>] = []
    /// The operation that has finished its work.
    var ending: CheckedContinuation<Void, Never>?
  }

  private static let queue = Mutex(Queue())
  private static let arrivals = DispatchSemaphore(value: 0)
  // The runtime's name for it, in `Concurrency.h`.
  private static let hookName = "swift_task_enqueueGlobal_hook"

  /// Takes over the jobs of the runtime, for the rest of the process.
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

  /// Performs an operation that may use other threads, while nothing else runs.
  package static func exclusively<Result>(_ operation: () async throws -> Result) async rethrows -> Result {
    // It begins in its own job, because what the current job does next isn't part of it.
    await withCheckedContinuation { turn in queue.withLock { $0.waiting.append(turn) } }
    defer { endBeingAlone() }
    do {
      let result = try await operation()
      await suspendOnce()
      return result
    } catch {
      await suspendOnce()
      throw error
    }
  }

  /// Suspends, so that it makes no difference whether other threads finished before the operation had to suspend.
  private static func suspendOnce() async {
    await withCheckedContinuation { continuation in queue.withLock { $0.ending = continuation } }
  }

  private static func endBeingAlone() {
    queue.withLock { queue in
      queue.jobs += queue.exclusive
      queue.exclusive = []
      queue.isExclusive = false
    }
  }

  /// Whether an operation runs alone, so that nothing else may begin.
  package static var isExclusive: Bool { queue.withLock(\.isExclusive) }

  /// Runs one job.
  ///
  /// Returns `false` if there is none.
  package static func runOne(_ random: inout some RandomNumberGenerator) -> Bool {
    guard let job = next(&random) else { return false }
    // `(0, 0)` is the runtime's own value for the global executor, on which these jobs were to run.
    unsafe job.runSynchronously(on: unsafeBitCast((0, 0), to: UnownedSerialExecutor.self))
    return true
  }

  private enum Next {
    case job(UnownedJob)
    case resume(CheckedContinuation<Void, Never>)
    case wait
    case end
  }

  private static func next(_ random: inout some RandomNumberGenerator) -> UnownedJob? {
    while true {
      let next = queue.withLock { queue -> Next in
        if queue.isExclusive {
          if !queue.exclusive.isEmpty { return .job(queue.exclusive.removeFirst()) }
          defer { queue.ending = nil }
          return queue.ending.map { .resume($0) } ?? .wait
        }
        let count = queue.jobs.count + queue.waiting.count
        guard count > 0 else { return .end }
        let index = Int.random(in: 0..<count, using: &random)
        if index < queue.jobs.count { return .job(queue.jobs.remove(at: index)) }
        queue.isExclusive = true
        return .resume(queue.waiting.remove(at: index - queue.jobs.count))
      }
      switch next {
      case .job(let job): return job
      case .resume(let continuation): continuation.resume()
      case .wait: arrivals.wait()
      case .end: return nil
      }
    }
  }
}
