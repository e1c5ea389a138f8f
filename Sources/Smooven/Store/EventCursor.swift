/// A place in the log of a store.
///
/// Cursors grow in the order in which events were committed and are never reused, even after events were pruned. A
/// cursor means nothing in another store.
public struct EventCursor: RawRepresentable, Sendable, Hashable, Comparable, Codable,
  CustomStringConvertible
{
  /// The number of the event at this place, or 0 for the place before the first event.
  public let rawValue: Int64

  /// Creates a cursor from a number that was saved elsewhere.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// The place before the first event.
  public static let beginning = EventCursor(rawValue: 0)

  /// Returns whether one place comes before another.
  public static func < (left: EventCursor, right: EventCursor) -> Bool { left.rawValue < right.rawValue }

  /// The number.
  public var description: String { String(rawValue) }
}
