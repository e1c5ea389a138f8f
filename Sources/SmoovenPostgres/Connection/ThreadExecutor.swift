#if PostgresSupport
internal import DequeModule
internal import Dispatch
internal import Synchronization

internal import class Foundation.Thread

/// An executor of an actor's jobs on a dedicated thread, which may block without delaying anything else.
final class ThreadExecutor: SerialExecutor {
  /// The jobs of the thread.
  ///
  /// The queue doesn't hold the executor, so that releasing the executor ends the thread.
  private final class Queue: Sendable {
    @safe private struct State {
      var jobs: Deque<(UnownedJob, UnownedSerialExecutor)> = unsafe []
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    func add(_ job: UnownedJob, _ executor: UnownedSerialExecutor) {
      state.withLock { unsafe $0.jobs.append((job, executor)) }
      signal.signal()
    }

    /// Ends the thread, once no jobs are left.
    func close() { signal.signal() }

    func run() {
      while true {
        signal.wait()
        let next = unsafe state.withLock { state in
          unsafe state.jobs.popFirst()
        }
        guard let (job, executor) = unsafe next else { return }
        unsafe job.runSynchronously(on: executor)
      }
    }
  }

  private let queue = Queue()

  init(name: String) {
    let thread = Thread { [queue] in queue.run() }
    thread.name = name
    thread.start()
  }

  deinit { queue.close() }

  func enqueue(_ job: consuming ExecutorJob) {
    unsafe queue.add(UnownedJob(job), asUnownedSerialExecutor())
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    unsafe UnownedSerialExecutor(ordinary: self)
  }
}
#endif
