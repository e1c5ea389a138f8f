public import struct Foundation.Date

/// The time by which a store decides what is old enough to go, whatever the wall clock says.
///
/// A wall clock may jump: a machine resumes, a time server is wrong. If a store pruned by it, one call made 40 days
/// ahead would delete everything. So this clock follows the wall clock but moves forward by at most four times the
/// monotonic time that passed, and at a start by at most an hour or the wall time since its last step, whichever is
/// less. It never moves back. What is stored is dated by ``date(of:)``, which is never before this clock, so a wall
/// clock that is behind doesn't make anything old.
///
/// A durable store keeps the value and calls ``start(wall:monotonic:)`` when it opens.
public struct RetentionClock: Sendable, Hashable, Codable {
  private enum CodingKeys: String, CodingKey {
    case reached, wall
  }

  private static let longestStart: Double = 3_600
  private static let fastest: Double = 4

  /// The time that it has reached.
  public private(set) var reached: Date
  private var wall: Date
  private var monotonic: Duration = .zero

  /// Creates a clock that begins at a wall time.
  public init(wall: Date, monotonic: Duration) {
    reached = wall
    self.wall = wall
    self.monotonic = monotonic
  }

  /// Continues after the process was started.
  ///
  /// - Parameters:
  ///   - wall: The wall time now.
  ///   - monotonic: The time of a clock that only moves forward, in this process.
  public mutating func start(wall: Date, monotonic: Duration) {
    let passed = min(max(wall.timeIntervalSince(self.wall), 0), Self.longestStart)
    move(by: passed, wall: wall)
    self.monotonic = monotonic
  }

  /// Moves on.
  ///
  /// - Parameters:
  ///   - wall: The wall time now.
  ///   - monotonic: The time of the same clock as in ``start(wall:monotonic:)``.
  public mutating func step(wall: Date, monotonic: Duration) {
    let passed = max(0, (monotonic - self.monotonic) / .seconds(1))
    move(by: passed * Self.fastest, wall: wall)
    self.monotonic = max(self.monotonic, monotonic)
  }

  /// The date under which to store something that arrives at a wall time.
  public func date(of wall: Date) -> Date { max(wall, reached) }

  /// Everything dated before this may go: never later than the wall time less the retention.
  public func horizon(wall: Date, retention: Duration) -> Date {
    min(reached, wall).addingTimeInterval(-(retention / .seconds(1)))
  }

  private mutating func move(by most: Double, wall: Date) {
    self.wall = wall
    if wall > reached { reached = min(wall, reached.addingTimeInterval(most)) }
  }
}
