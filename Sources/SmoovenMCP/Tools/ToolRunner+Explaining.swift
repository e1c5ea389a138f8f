internal import Smooven
internal import SmoovenSupport

extension ToolRunner {
  /// Returns the result of `explain_delivery`.
  func explain(_ handle: String) async throws -> JSONValue {
    let wait = Wait(nil, clock.now(), configuration.longestSlice)
    let client = try await client(by: wait)
    guard let key = inward(handle, client).flatMap(DeliveryKey.key),
      let delivery = try await client.delivery(.idempotencyKey(key))
    else {
      throw ToolFailure.unknownHandle
    }
    let events = try await client.events(of: delivery, limit: 200)
    var asked: NotificationStatus?
    if delivery.verdict == nil, let id = delivery.notificationID {
      asked = try? await first(by: wait.end) { try await client.status(of: id) }
    }
    let explanation = DeliveryExplanation(handle, delivery, events, asked: asked)
    let json = explanation.json
    return [
      "content": [["type": "text", "text": .string(json.text)]], "structuredContent": json, "isError": false,
    ]
  }
}

/// An explanation of what is known about a stored delivery, and what it means.
struct DeliveryExplanation: Sendable {
  private let handle: String
  private let delivery: StoredDelivery
  private let events: [CallbackEvent]
  private let asked: NotificationStatus?

  init(_ handle: String, _ delivery: StoredDelivery, _ events: [CallbackEvent], asked: NotificationStatus?) {
    self.handle = handle
    self.delivery = delivery
    self.events = events
    self.asked = asked
  }

  var json: JSONValue {
    [
      "handle": .string(handle), "notification_id": delivery.notificationID.map(JSONValue.string) ?? .null,
      "status": .string(status), "why": .string(why), "timeline": .array(timeline),
    ]
  }

  private var status: String {
    if let asked { return String(asked.status.rawValue.prefix(64)) }
    switch verdict {
    case .delivered(let event): return event.kind.rawValue
    case .failed: return DeliveryStatus.failed.rawValue
    case nil: return events.last?.kind.rawValue ?? (delivery.ids.isEmpty ? "unconfirmed" : "queued")
    }
  }

  private var verdict: DeliveryVerdict? {
    delivery.verdict ?? DeliveryVerdict(events, isCritical: delivery.isCritical)
  }

  /// A sentence of our own, whatever others wrote.
  private var why: String {
    switch verdict {
    case .delivered: return "It arrived."
    case .failed: return "It can't arrive: the last step of the timeline has the reason."
    case nil: break
    }
    if let asked, asked.status == .delivered || asked.status == .opened || asked.status == .clicked {
      return "Smooven says that it arrived, but its callback didn't reach this server. Check the public URL."
    }
    if let asked, asked.status == .failed || asked.status == .undelivered {
      return "Smooven says that it failed, but its callback didn't reach this server. Check the public URL."
    }
    if events.contains(where: { $0.kind != .other }) {
      return "It's on its way: nothing has confirmed or ended it yet."
    }
    if !delivery.ids.isEmpty { return "Smooven accepted it, and no callback has arrived yet." }
    if delivery.refusal?.attempt == delivery.attempt, delivery.claim == nil {
      return "Smooven refused it, so nothing was sent."
    }
    if delivery.claim?.isArmed == true {
      return
        "It may have been sent, but the response was lost. It isn't sent again, and only a callback can tell."
    }
    return "It hasn't been sent."
  }

  private var timeline: [JSONValue] {
    var steps = [Self.step(RFC3339.format(delivery.openedAt), "opened")]
    if let refusal = delivery.refusal {
      steps.append(Self.step(nil, "refused", reason: refusal.apiCode ?? refusal.code))
    }
    if !delivery.ids.isEmpty { steps.append(Self.step(nil, "accepted")) }
    for event in events {
      steps.append(
        Self.step(
          event.occurredAt.map(RFC3339.format),
          event.name,
          channel: event.channel?.rawValue,
          reason: event.failure.map { $0.reason ?? $0.code ?? "" }
        )
      )
    }
    if let asked {
      steps.append(Self.step(nil, "status asked: \(asked.status)", channel: asked.channelUsed?.rawValue))
    }
    return steps
  }

  private static func step(
    _ at: String?,
    _ event: String,
    channel: String? = nil,
    reason: String? = nil
  ) -> JSONValue {
    let text: (String?) -> JSONValue = { $0.map { .string(String($0.prefix(512))) } ?? .null }
    return ["at": text(at), "event": text(event), "channel": text(channel), "reason": text(reason)]
  }
}
