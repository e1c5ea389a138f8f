public import struct Foundation.Date

/// A place in the list of pending deliveries, which is sorted by the time of their opening and then by their token.
public struct PendingCursor: Sendable, Hashable, Comparable, Codable {
  /// When the delivery at this place was opened.
  public var openedAt: Date
  /// The token of that delivery.
  public var token: DeliveryToken

  /// Creates the place of a delivery.
  public init(_ delivery: StoredDelivery) {
    openedAt = delivery.openedAt
    token = delivery.token
  }

  /// Whether one place comes before another.
  public static func < (left: PendingCursor, right: PendingCursor) -> Bool {
    (left.openedAt, left.token.text) < (right.openedAt, right.token.text)
  }
}
