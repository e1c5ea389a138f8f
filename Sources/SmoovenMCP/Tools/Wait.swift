/// The time that one call may take.
struct Wait: Sendable {
  /// The time at which the call began.
  let start: Duration
  /// The time at which the call stops waiting for what may happen.
  let end: Duration
  /// The time at which the call must return, whatever its store and its client do.
  let limit: Duration

  /// Creates a wait, with a limit on what the model asked for.
  ///
  /// - Parameters:
  ///   - seconds: The time that the model asked for, or `nil` for as long as possible.
  ///   - now: The current time.
  ///   - slice: The maximum time.
  init(_ seconds: Double?, _ now: Duration, _ slice: Duration) {
    start = now
    limit = now + slice
    let asked = seconds.map { $0 > 0 ? Duration.seconds(min($0, 86_400)) : .zero }
    end = now + min(asked ?? slice, slice)
  }

  /// Whether the call immediately returns what is known.
  var isPeek: Bool { end == start }
}
