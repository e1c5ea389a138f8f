#if SQLiteSupport
internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Data
internal import struct Foundation.Date

/// What a row holds of a delivery beyond the columns by which it is looked up.
///
/// A new field of `StoredDelivery` becomes a key of ``detail``; a file written before lacks it.
struct DeliveryRecord: Sendable {
  let detail: String
  let outcome: String?

  init(_ delivery: StoredDelivery) {
    detail =
      JSONValue.object([
        "fingerprint": .string(delivery.fingerprint), "critical": .bool(delivery.isCritical),
      ]).text
    outcome = delivery.outcome.map(Self.text)
  }

  static func text(_ outcome: DeliveryOutcome) -> String {
    var members: [String: JSONValue] = ["outcome": .string(outcome.name)]
    switch outcome {
    case .delivered(let event), .failed(let event):
      let record = EventRecord(event)
      members["event"] = .string(record.detail)
      members["payload"] = record.payload.map(JSONValue.string)
      members["body"] = .string(record.body.base64EncodedString())
    case .timedOut(let status): members["status"] = .string(status.rawValue)
    }
    return JSONValue.object(members).text
  }

  /// Reads an outcome, or returns `nil` when it is no such record.
  static func outcome(_ text: String) -> DeliveryOutcome? {
    guard let json = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
    if json["outcome"] == "timed_out" {
      return json["status"]?.stringValue.map { .timedOut(lastKnown: DeliveryStatus(rawValue: $0)) }
    }
    guard
      let body = json["body"]?.stringValue.flatMap({ Data(base64Encoded: $0) }),
      let detail = json["event"]?.stringValue,
      let event = CallbackEvent(detail: detail, payload: json["payload"]?.stringValue, body: body)
    else { return nil }
    switch json["outcome"] {
    case "delivered": return .delivered(event)
    case "failed": return .failed(event)
    default: return nil
    }
  }
}
#endif
