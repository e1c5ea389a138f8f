internal import Synchronization

// The meaning of a response, or of none.
extension NotificationSend {
  /// Returns the meaning of a withheld body: unless the row demands it, the next attempt is made only after a pause.
  func withheld(_ attempt: Int, _ cause: TransportError) -> SendMachine.Answer {
    let reason = state.withLock { state in
      defer { state.reason = nil }
      return state.reason
    }
    var error = SmoovenError.notStored(cause)
    switch reason {
    case .superseded: return .superseded
    case .unknown(let cause): error.cause = cause
    case nil:
      error = SmoovenError(.connectionFailed, "the transport withheld the notification, so nothing was sent")
    }
    error.attempts = attempt
    let retry = client.configuration.retry
    let pause = retry.backoff(afterAttempt: attempt, jitter: client.configuration.jitter())
    let isLast = attempt >= retry.maximumAttempts || client.clock.now() + pause >= deadline
    return .notCarriedOut(error, hold: nil, pause: isLast ? nil : pause)
  }

  func classify(_ error: SmoovenError, _ attempt: Int) -> SendMachine.Answer {
    let pause = pause(after: error, attempt)
    switch error.code {
    case .unconfirmed:
      return .unclear(error, pause: pause)
    case .rejected, .notFound:
      return .refused(error)
    default:
      // Measured by the store's clock, since the row was read.
      let hold = error.retryAfter.map { $0 + (client.clock.now() - state.withLock { $0.readAt }) }
      return .notCarriedOut(error, hold: hold, pause: pause)
    }
  }

  func pause(after error: SmoovenError, _ attempt: Int) -> Duration? {
    client.configuration.retry.pause(
      after: error,
      attempt: attempt,
      now: client.clock.now(),
      deadline: deadline,
      jitter: client.configuration.jitter()
    )
  }
}
