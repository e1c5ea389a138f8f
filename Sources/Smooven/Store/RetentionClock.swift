public import struct Foundation.Date

/// The clock by which a store decides what is old enough to be removed, whatever the wall clock shows.
///
/// A wall clock may jump, because a machine resumes or a time server is wrong. If a store pruned by it, one call under
/// a clock that is 40 days ahead would delete everything. So this clock follows the wall clock, but it moves forward by
/// at most four times the monotonic time that has passed. At a start, it moves by at most an hour or the wall time
/// since its last step, whichever is less. It never moves back. Stored records are dated by ``date(of:)``, which is
/// never before this clock, so a wall clock that is behind doesn't make anything old.
///
/// A durable store saves the value and calls ``start(wall:monotonic:)`` when it opens.
public struct RetentionClock: Sendable, Hashable, Codable {
  private enum CodingKeys: String, CodingKey {
    case reached, wall
  }

  private static let longestStart: Double = 3_600
  private static let fastest: Double = 4

  /// The time that the clock has reached.
  public private(set) var reached: Date
  private var wall: Date
  private var monotonic: Duration = .zero

  /// Creates a clock that begins at a wall-clock time.
  public init(wall: Date, monotonic: Duration) {
    reached = wall
    self.wall = wall
    self.monotonic = monotonic
  }

  /// Continues after the process was started.
  ///
  /// - Parameters:
  ///   - wall: The current wall-clock time.
  ///   - monotonic: The time of a clock that only moves forward in this process.
  public mutating func start(wall: Date, monotonic: Duration) {
    let passed = min(max(wall.timeIntervalSince(self.wall), 0), Self.longestStart)
    move(by: passed, wall: wall)
    self.monotonic = monotonic
  }

  /// Moves forward.
  ///
  /// - Parameters:
  ///   - wall: The current wall-clock time.
  ///   - monotonic: The time of the same clock as in ``start(wall:monotonic:)``.
  public mutating func step(wall: Date, monotonic: Duration) {
    let passed = max(0, (monotonic - self.monotonic) / .seconds(1))
    move(by: passed * Self.fastest, wall: wall)
    self.monotonic = max(self.monotonic, monotonic)
  }

  /// Returns the date under which to store something that arrives at a wall-clock time.
  public func date(of wall: Date) -> Date { max(wall, reached) }

  /// Returns the date before which everything may be removed, which is never later than the wall-clock time minus the
  /// retention.
  public func horizon(wall: Date, retention: Duration) -> Date {
    min(reached, wall).addingTimeInterval(-(retention / .seconds(1)))
  }

  private mutating func move(by most: Double, wall: Date) {
    self.wall = wall
    if wall > reached { reached = min(wall, reached.addingTimeInterval(most)) }
  }
}
