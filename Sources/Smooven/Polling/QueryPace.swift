/// The pace of status queries, as a value.
///
/// It decides when the next query may be sent, within the limit of requests per second and after pauses that Smooven
/// asked for.
package struct QueryPace: Sendable {
  /// The maximum pause, because a proxy that asks for a day must not stop a client for that long.
  package static let maximumHold = RetryGate.maximumHold

  /// The minimum time between two queries, or zero for no limit.
  private let spacing: Duration
  private var next = Duration.zero
  private var holdEnd = Duration.zero

  /// Creates a pace of at most a number of requests per second, or with `nil`, without a limit.
  package init(requestsPerSecond: Int? = nil) {
    spacing = requestsPerSecond.map { .seconds(1) / $0 } ?? .zero
  }

  /// Reserves the time of one query.
  ///
  /// - Returns: `nil` if the query may be sent now, or the time at which to ask again.
  package mutating func takeTurn(now: Duration) -> Duration? {
    let opening = max(next, holdEnd)
    if opening > now { return opening }
    next = now + spacing
    return nil
  }

  /// Returns whether a pause that Smooven asked for isn't over yet.
  package func isHeld(now: Duration) -> Bool { holdEnd > now }

  /// Returns a turn that was taken but not used.
  package mutating func returnTurn() {
    next -= spacing
  }

  /// Holds back all queries for a time, and never shortens an earlier hold.
  package mutating func hold(for pause: Duration, now: Duration) {
    holdEnd = max(holdEnd, now + min(max(pause, .zero), Self.maximumHold))
  }
}
