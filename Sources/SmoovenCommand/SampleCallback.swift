internal import Foundation
internal import Smooven

/// A realistic callback of a provider, for `smooven trigger`.
struct SampleCallback {
  let body: [UInt8]

  /// The events that a provider documents, or for which there are samples.
  private static let events: [KnownProvider: [String]] = [
    .smooven: [
      "queued", "sent", "fallback", "delivered", "failed", "opened", "clicked",
    ].map { "notification.\($0)" } + ["player.registered", "player.updated"],
    .notificationapi: notificationAPIEvents, .pingram: notificationAPIEvents,
    .smartlyq: [
      "job.completed", "job.failed", "social.posted", "social.failed", "post.published", "post.failed",
      "message.delivered", "message.read", "message.received", "message.failed",
    ],
    .smobi: [
      "QUEUED", "ACCEPTED", "PENDING", "SENT", "DELIVERED", "READ", "FAILED", "UNDELIVERED", "REJECTED",
      "EXPIRED",
      "reply", "click",
    ],
  ]

  private static let notificationAPIEvents =
    ["EMAIL", "SMS", "CALL", "PUSH", "WEB_PUSH", "INAPP_WEB", "SLACK"].flatMap { channel in
      (channel == "EMAIL" ? ["OPEN", "CLICK"] : []).map { "\(channel)_\($0)" }
        + ["DELIVERED", "FAILED", "INBOUND"].map { "\(channel)_\($0)" }
    } + ["OPEN", "CLICK", "DELIVERED", "FAILED"]

  /// The events to choose from, the usual one first.
  static func events(of provider: KnownProvider) -> [String] {
    let known = events[provider] ?? ["example"]
    let usual = known.first {
      $0.lowercased().hasSuffix("delivered") || $0.lowercased().hasSuffix("completed")
    }
    return (usual.map { [$0] } ?? []) + known.filter { $0 != usual }
  }

  /// The names of a provider's events, for the help.
  static func examples(of provider: KnownProvider) -> String {
    events[provider]?.joined(separator: ", ") ?? "any name, such as parcel.arrived"
  }

  /// Indicates whether a provider has an event, or may have any.
  static func isKnown(_ event: String, of provider: KnownProvider) -> Bool {
    events[provider]?.contains { $0.lowercased() == event.lowercased() } ?? true
  }

  /// Creates a callback.
  init(_ event: String, provider: KnownProvider, id: String, now: Date) {
    let time = JSONValue.string(RFC3339.format(now))
    let payload: JSONValue
    switch provider {
    case .smooven: payload = Self.smooven(event, id, time)
    case .notificationapi, .pingram:
      let words = event.split(separator: "_")
      let channel = words.count > 1 ? words.dropLast().joined(separator: "_") : "EMAIL"
      payload = [
        "eventType": .string(
          words == ["EMAIL", "OPEN"] ? "OPEN" : words == ["EMAIL", "CLICK"] ? "CLICK" : event
        ),
        "trackingId": .string(id), "notificationId": "welcome-email", "channel": .string(channel),
        "userId": "user-123",
      ]
    case .smartlyq:
      payload = [
        "id": .string(Self.freshID("evt")), "event": .string(event), "created_at": time,
        "data": Self.smartlyQ(event, id),
      ]
    case .smobi: payload = Self.smobi(event, id, time)
    case .standardwebhooks:
      payload = ["type": .string(event), "timestamp": time, "data": ["id": .string(id)]]
    }
    body = payload.bytes
  }

  /// Returns a new id in the style of the services, such as `evt_…`.
  static func freshID(_ prefix: String) -> String {
    "\(prefix)_\(DeliveryToken().text.prefix(16))"
  }

  private static func smooven(_ event: String, _ id: String, _ time: JSONValue) -> JSONValue {
    guard !event.hasPrefix("player.") else {
      return ["event": .string(event), "player_id": .string(id), "timestamp": time]
    }
    let status = event.split(separator: ".").last.map(String.init) ?? event
    return [
      "event": .string(event), "notification_id": .string(id), "channel_used": "sms",
      "status": .string(status),
      "timestamp": time, "recipient": ["user_id": "sarah@example.com", "channel_address": "+61400000000"],
      "metadata": ["intent": "Remind Sarah about her appointment", "urgency": "normal"],
    ]
  }

  private static func smartlyQ(_ event: String, _ id: String) -> JSONValue {
    let status = event.split(separator: ".").last.map(String.init) ?? event
    var data: [String: JSONValue] = ["status": .string(status)]
    switch event.split(separator: ".").first {
    case "job": data.merge(["job_id": .string(id), "type": "article_generation"]) { _, new in new }
    case "social", "post": data["post_id"] = .string(id)
    case "message", "chatbot": data["message_id"] = .string(id)
    default: break
    }
    if status == "failed" {
      data.merge(["error": "The provider refused it", "error_code": "refused"]) { _, new in new }
    }
    return .object(data)
  }

  private static func smobi(_ event: String, _ id: String, _ time: JSONValue) -> JSONValue {
    var fields: [String: JSONValue] = [
      "smobiMessageId": .string(UUID().uuidString.lowercased()), "channel": "RCS", "timestamp": time,
    ]
    switch event.lowercased() {
    case "reply", "click":
      fields["from"] = "15552223333"
      fields["to"] = "Smobi-Dev"
      fields["messageSource"] = "EXTERNAL"
      fields["clientRef"] = .string(id)
      fields["rcs"] =
        event.lowercased() == "reply" ? ["text": "Yes"] : ["text": "Yes", "postbackData": "yes"]
    default:
      fields["from"] = "Smobi-Dev"
      fields["to"] = "15552223333"
      fields["clientRef"] = .string(id)
      fields["status"] = .string(event.uppercased())
    }
    return .object(fields)
  }
}
