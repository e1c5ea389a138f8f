/// Something that tasks can wait on, by number.
protocol Waits: Sendable {
  /// Waits until the callback of this number comes or its time runs out.
  func wait(_ number: Int) async
  /// Makes the callback of a number, so that to send it is all that is measured.
  func callback(_ number: Int) -> @Sendable () async -> Void
  /// Lets the time of all of them run out.
  func expire() async
}
