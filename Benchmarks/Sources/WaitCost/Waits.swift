/// Waits that tasks can await, by number.
protocol Waits: Sendable {
  /// Waits until the callback of this number arrives, or its time is up.
  func wait(_ number: Int) async
  /// Prepares the callback of a number, so that only sending it is measured.
  func callback(_ number: Int) -> @Sendable () async -> Void
  /// Lets all of the waits expire.
  func expire() async
}
