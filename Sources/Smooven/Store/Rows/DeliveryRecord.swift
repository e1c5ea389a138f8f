internal import SmoovenCallbacks

package import struct Foundation.Data
package import struct Foundation.Date
package import class Foundation.JSONDecoder
package import class Foundation.JSONEncoder

/// A delivery in the form in which a row stores it.
package struct DeliveryRecord: Sendable {
  package let token: Data
  package let idempotencyKey: Data?
  package let openedAt: Double
  package let wantedUntil: Double?
  package let isPending: Bool
  /// The owner of its claim, if any.
  package let claimant: Data?
  /// The keys by which the delivery is found.
  package let keys: [Int64]
  package let text: String

  /// Creates a record.
  ///
  /// - Throws: `EncodingError` if a date of the delivery isn't a number.
  package init(_ delivery: StoredDelivery) throws {
    token = delivery.token.bytes
    idempotencyKey = delivery.idempotencyKey.map { Data($0.utf8) }
    openedAt = delivery.openedAt.timeIntervalSinceReferenceDate
    wantedUntil = delivery.wantedUntil?.timeIntervalSinceReferenceDate
    isPending = delivery.isPending
    claimant = delivery.claim.map { Data($0.owner.utf8) }
    keys = delivery.ids.map { LookupKey.id($0, group: delivery.group) }
    text = String(decoding: try JSONEncoder().encode(delivery), as: UTF8.self)
  }

  /// Reads a delivery, or returns `nil` if the text isn't one.
  package static func delivery(_ text: String) -> StoredDelivery? {
    try? JSONDecoder().decode(StoredDelivery.self, from: Data(text.utf8))
  }
}
