#if SQLiteSupport
internal import GRDB
internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

/// The values that rows represent, each of them `nil` if a damaged file contains something else.
enum StoredRows {
  static let eventColumns = "id, received_at, token, detail, payload, body"
  static let deliveryColumns = "version, record"

  /// Returns the event in a row of ``eventColumns``.
  static func event(_ row: Row) -> StoredEvent? {
    guard
      let id = row.integer(0), let receivedAt = row.real(1), let detail = row.text(3),
      let body = row.bytes(5),
      let event = CallbackEvent(detail: detail, payload: row.text(4), body: body)
    else { return nil }
    let callback = StoredCallback(
      event,
      token: row.bytes(2).flatMap(DeliveryToken.init(bytes:)),
      receivedAt: Date(timeIntervalSinceReferenceDate: receivedAt)
    )
    return StoredEvent(cursor: EventCursor(rawValue: id), callback: callback)
  }

  /// Returns the delivery in a row of ``deliveryColumns``.
  static func delivery(_ row: Row, at time: StoreInstant) -> VersionedDelivery? {
    guard let version = row.integer(0), let delivery = row.text(1).flatMap(DeliveryRecord.delivery) else {
      return nil
    }
    return VersionedDelivery(delivery, version: version, time: time)
  }
}
#endif
