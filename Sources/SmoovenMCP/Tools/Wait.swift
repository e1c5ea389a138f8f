/// How long one call may wait.
struct Wait: Sendable {
  /// When the call began.
  let start: Duration
  /// When it must return.
  let end: Duration

  /// Limits what the model asked for.
  ///
  /// - Parameters:
  ///   - seconds: What the model asked for; `nil` for as long as possible.
  ///   - now: The time.
  ///   - slice: The maximum time.
  init(_ seconds: Double?, _ now: Duration, _ slice: Duration) {
    start = now
    let asked = seconds.map { $0 > 0 ? Duration.seconds(min($0, 86_400)) : .zero }
    end = now + min(asked ?? slice, slice)
  }

  /// Whether the call returns what is known now.
  var isPeek: Bool { end == start }
}
