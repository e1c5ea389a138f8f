#if SQLiteSupport
internal import Smooven
internal import SmoovenCallbacks

internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder
internal import struct Foundation.Data
internal import struct Foundation.Date

/// A delivery as a row holds it.
struct DeliveryRecord: Sendable {
  let token: Data
  let idempotencyKey: Data?
  let openedAt: Double
  let wantedUntil: Double?
  let isPending: Bool
  /// The keys by which it is found.
  let keys: [Int64]
  let text: String

  /// - Throws: `EncodingError`, if a date of the delivery is no number.
  init(_ delivery: StoredDelivery) throws {
    token = delivery.token.bytes
    idempotencyKey = delivery.idempotencyKey?.bytes
    openedAt = delivery.openedAt.timeIntervalSinceReferenceDate
    wantedUntil = delivery.wantedUntil?.timeIntervalSinceReferenceDate
    isPending = delivery.isPending
    keys = delivery.ids.map { LookupKey.id($0, group: delivery.group) }
    text = String(decoding: try JSONEncoder().encode(delivery), as: UTF8.self)
  }

  /// Reads a delivery, or returns `nil` if the text is none.
  static func delivery(_ text: String) -> StoredDelivery? {
    try? JSONDecoder().decode(StoredDelivery.self, from: Data(text.utf8))
  }
}
#endif
