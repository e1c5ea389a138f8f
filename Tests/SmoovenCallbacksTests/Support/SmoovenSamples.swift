import Foundation
import HTTPTypes
import SmoovenCallbacks

/// The documented callback and how to sign it, written out instead of built with the library's own helpers.
enum SmoovenSamples {
  static let keyText = "sk_live_4f9b2c7d1e8a"
  static let key: Secret = "sk_live_4f9b2c7d1e8a"

  static let documented = """
    {"event":"notification.delivered","notification_id":"ntf_abc123def456","channel_used":"sms",\
    "status":"delivered","timestamp":"2026-03-05T08:00:15Z","recipient":{"user_id":"sarah@example.com",\
    "channel_address":"+61400000000"},"metadata":{"intent":"Remind Sarah about her appointment",\
    "urgency":"normal"}}
    """

  /// The signature that Node's crypto and Python's hmac compute for ``documented`` and ``keyText``.
  static let documentedSignature = "33403274e11d789d1ce48695941f58199a47bbd035043dc7d629bb5dcc1cb9d7"

  /// 2026-03-05T08:00:15Z.
  static let documentedTime = Date(timeIntervalSince1970: 1_772_697_615)

  /// The documented payload as members, so that tests can vary it.
  static let members: [String: JSONValue] = [
    "event": "notification.delivered",
    "notification_id": "ntf_abc123def456",
    "channel_used": "sms",
    "status": "delivered",
    "timestamp": "2026-03-05T08:00:15Z",
    "recipient": ["user_id": "sarah@example.com", "channel_address": "+61400000000"],
    "metadata": ["intent": "Remind Sarah about her appointment", "urgency": "normal"],
  ]

  static func provider(tolerance: TimestampTolerance = .redelivery) throws -> SmoovenCallbackProvider {
    try .smooven(key, tolerance: tolerance)
  }

  static func request(_ body: [UInt8], signatures: [String] = []) -> CallbackRequest {
    var head = HTTPRequest(method: .post, scheme: "https", authority: "a.example", path: "/callbacks/smooven")
    head.headerFields[values: .smoovenSignature] = signatures
    return CallbackRequest(head: head, body: body)
  }

  static func request(_ text: String, signatures: [String] = []) -> CallbackRequest {
    request(Array(text.utf8), signatures: signatures)
  }

  /// The value that removes a member from ``members``.
  ///
  /// It's spelled out because `.null` is a value.
  static let removed: JSONValue? = .none

  /// Returns a request with the documented members changed.
  static func request(changing changes: [String: JSONValue?]) throws -> CallbackRequest {
    var members = members
    for (key, value) in changes { members[key] = value }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return request(Array(try encoder.encode(JSONValue.object(members))))
  }

  static func decode(changing changes: [String: JSONValue?]) throws -> CallbackEvent {
    try provider().decode(request(changing: changes))
  }

  /// Returns the header that the library creates for a body.
  static func signatureField(of body: [UInt8], with secret: Secret = key) -> HTTPField {
    SmoovenCallbackProvider.signatureField(for: body, secret: secret)
  }

  static func signature(of body: [UInt8], with secret: Secret = key) -> String {
    signatureField(of: body, with: secret).value
  }

  /// Returns a request that the library signed.
  static func signed(_ body: [UInt8], with secret: Secret = key) -> CallbackRequest {
    request(body, signatures: [signature(of: body, with: secret)])
  }
}

/// Returns everything that printing, interpolating, reflecting and dumping a value would show.
func everyPrintedForm(of value: Any) -> String {
  var dumped = ""
  dump(value, to: &dumped)
  return [String(describing: value), String(reflecting: value), "\(value)", "\([value])", dumped]
    .joined(separator: "\n")
}
