internal import Synchronization

/// The thin shell around ``PollSchedule``, in which one task asks about all deliveries that are waited for.
final class StatusPoller: Sendable {
  private let schedule: Mutex<PollSchedule>
  private let queries: StatusQueries
  private let clock: DeliveryClock
  private let jitter: @Sendable () -> Double
  private let waits = Atomic<UInt64>(0)
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  init(
    policy: PollingPolicy,
    maximumQueries: Int,
    queries: StatusQueries,
    clock: DeliveryClock,
    jitter: @escaping @Sendable () -> Double
  ) {
    schedule = Mutex(PollSchedule(policy: policy, maximumInFlight: maximumQueries))
    self.queries = queries
    self.clock = clock
    self.jitter = jitter
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The number of deliveries that are being polled for.
  var count: Int { schedule.withLock(\.count) }

  /// Polls for a delivery until the returned value is released.
  func hold(_ token: DeliveryToken, deadline: Duration?) -> PollHold {
    let wait = waits.add(1, ordering: .relaxed).newValue
    let (now, jitter) = (clock.now(), jitter())
    schedule.withLock { $0.add(token, wait: wait, deadline: deadline, now: now, jitter: jitter) }
    wakeUp.yield()
    return PollHold { [weak self] in self?.schedule.withLock { $0.remove(token, wait: wait) } }
  }

  /// Polls until cancelled.
  ///
  /// - Parameter ask: A closure that asks about one delivery.
  func run(_ ask: @escaping @Sendable (DeliveryToken) async -> PollSchedule.Answer) async {
    await withDiscardingTaskGroup { group in
      var sleeper: Task<Void, Never>?
      wakeUp.yield()
      for await _ in wakeUps {
        var action = next()
        while case .ask(let token) = action {
          group.addTask { [self] in
            finish(token, await ask(token))
            wakeUp.yield()
          }
          action = next()
        }
        sleeper?.cancel()
        sleeper = nil
        if case .sleep(let time) = action {
          sleeper = Task { [clock, wakeUp] in
            if (try? await clock.sleep(time)) != nil { wakeUp.yield() }
          }
        }
      }
      sleeper?.cancel()
      group.cancelAll()
    }
  }

  private func next() -> PollSchedule.Action {
    let now = clock.now()
    return schedule.withLock { schedule in
      queries.withPace { schedule.next(now: now, pace: &$0) }
    }
  }

  private func finish(_ token: DeliveryToken, _ answer: PollSchedule.Answer) {
    let (now, jitter) = (clock.now(), jitter())
    if answer == .unready { queries.withPace { $0.returnTurn() } }
    schedule.withLock { $0.finish(token, answer, now: now, jitter: jitter) }
  }
}

/// One wait's request to poll for its delivery, which ends when it's released.
final class PollHold: Sendable {
  private let onEnd: @Sendable () -> Void

  init(onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }

  deinit { onEnd() }
}
