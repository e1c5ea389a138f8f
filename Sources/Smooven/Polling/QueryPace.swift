/// When the next status query may be sent, as a value: within the requests a second, and after pauses that Smooven asked
/// for.
package struct QueryPace: Sendable {
  /// A proxy that asks for a day must not stop a client that long.
  package static let maximumHold = RetryGate.maximumHold

  /// The minimum time between two queries; zero for no limit.
  private let spacing: Duration
  private var next = Duration.zero
  private var holdEnd = Duration.zero

  /// Creates a pace of at most a number of requests a second; `nil` for no limit.
  package init(requestsPerSecond: Int? = nil) {
    spacing = requestsPerSecond.map { .seconds(1) / $0 } ?? .zero
  }

  /// Reserves the time of one query.
  ///
  /// - Returns: `nil` if it may be sent now; otherwise the time at which to ask again.
  package mutating func takeTurn(now: Duration) -> Duration? {
    let opening = max(next, holdEnd)
    if opening > now { return opening }
    next = now + spacing
    return nil
  }

  /// Indicates whether Smooven asked for a pause that isn't over.
  package func isHeld(now: Duration) -> Bool { holdEnd > now }

  /// Gives back a turn that was taken for nothing.
  package mutating func returnTurn() {
    next -= spacing
  }

  /// Sends nothing for a time; an earlier hold is never shortened.
  package mutating func hold(for pause: Duration, now: Duration) {
    holdEnd = max(holdEnd, now + min(max(pause, .zero), Self.maximumHold))
  }
}
