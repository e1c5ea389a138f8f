public import struct Foundation.Date

/// A place in the list of pending deliveries, which is sorted by opening time and then by token.
public struct PendingCursor: Sendable, Hashable, Comparable, Codable {
  /// The time at which the delivery at this place was opened.
  public var openedAt: Date
  /// The token of that delivery.
  public var token: DeliveryToken

  /// Creates the place of a delivery.
  public init(_ delivery: StoredDelivery) {
    openedAt = delivery.openedAt
    token = delivery.token
  }

  /// Returns whether one place comes before another.
  public static func < (left: PendingCursor, right: PendingCursor) -> Bool {
    (left.openedAt, left.token.text) < (right.openedAt, right.token.text)
  }
}
