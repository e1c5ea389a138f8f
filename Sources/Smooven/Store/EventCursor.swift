/// A place in the log of a store.
///
/// Cursors grow in the order in which events were committed and are never reused, even after events were pruned. They
/// mean nothing for another store.
public struct EventCursor: RawRepresentable, Sendable, Hashable, Comparable, Codable,
  CustomStringConvertible
{
  /// The number of the event at this place; 0 before the first.
  public let rawValue: Int64

  /// Creates a cursor from a number that was kept elsewhere.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// Before the first event.
  public static let beginning = EventCursor(rawValue: 0)

  /// Whether one place comes before another.
  public static func < (left: EventCursor, right: EventCursor) -> Bool { left.rawValue < right.rawValue }

  /// The number.
  public var description: String { String(rawValue) }
}
