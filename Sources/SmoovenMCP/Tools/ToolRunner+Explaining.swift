internal import Smooven
internal import SmoovenSupport

extension ToolRunner {
  /// Returns the result of `explain_delivery`.
  func explain(_ handle: String) async throws -> JSONValue {
    let wait = Wait(nil, clock.now(), configuration.longestSlice)
    let client = try await client(by: wait)
    guard let key = inward(handle, client).flatMap(DeliveryKey.key),
      let delivery = try await reading(by: wait, { try await client.delivery(.idempotencyKey(key)) })
    else {
      throw ToolFailure.unknownHandle
    }
    let events = try await reading(by: wait) { try await client.events(of: delivery, limit: 200) }
    var asked: NotificationStatus?
    let verdict = delivery.verdict ?? DeliveryVerdict(events, isCritical: delivery.isCritical)
    if verdict == nil, let id = delivery.notificationID {
      asked = try? await bounded(by: wait.limit, clock, cancelsLate: true) { try await client.status(of: id) }
    }
    let explanation = DeliveryExplanation(
      handle,
      delivery,
      events,
      verdict,
      asked: asked,
      isCalledBack: !client.onlyPolls
    )
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
  private let verdict: DeliveryVerdict?
  private let asked: NotificationStatus?
  private let isCalledBack: Bool

  /// Creates an explanation.
  ///
  /// - Parameters:
  ///   - handle: The handle, as its peer knows it.
  ///   - delivery: The stored delivery.
  ///   - events: Its events, oldest first.
  ///   - verdict: How it ended, by its events.
  ///   - asked: What Smooven said just now, if it was asked.
  ///   - isCalledBack: Whether callbacks should arrive; otherwise only the status tells.
  init(
    _ handle: String,
    _ delivery: StoredDelivery,
    _ events: [CallbackEvent],
    _ verdict: DeliveryVerdict?,
    asked: NotificationStatus?,
    isCalledBack: Bool
  ) {
    self.handle = handle
    self.delivery = delivery
    self.events = events
    self.verdict = verdict
    self.asked = asked
    self.isCalledBack = isCalledBack
  }

  var json: JSONValue {
    [
      "handle": .string(handle), "notification_id": delivery.notificationID.map(JSONValue.string) ?? .null,
      "status": .string(status), "why": .string(why), "timeline": .array(timeline),
    ]
  }

  private var status: String {
    if let asked { return DeliveryReport.word(asked.status) }
    switch verdict {
    case .delivered(let event): return event.kind.rawValue
    case .failed: return DeliveryStatus.failed.rawValue
    case nil: return events.last?.kind.rawValue ?? (delivery.ids.isEmpty ? "unconfirmed" : "queued")
    }
  }

  /// A sentence of our own, whatever others wrote.
  private var why: String {
    if events.contains(where: { Question.Reply($0) != nil }) { return "It was answered." }
    switch verdict {
    case .delivered:
      return delivery.answerableUntil == nil ? "It arrived." : "It arrived, and hasn't been answered."
    case .failed: return "It can't arrive: the last step of the timeline has the reason."
    case nil: break
    }
    let isLost = isCalledBack ? ", but its callback didn't reach this server. Check the public URL." : "."
    switch asked?.status {
    case .delivered?, .opened?, .clicked?: return "Smooven says that it arrived\(isLost)"
    case .failed?, .undelivered?: return "Smooven says that it failed\(isLost)"
    default: break
    }
    if events.contains(where: { $0.kind != .other }) {
      return "It's on its way: nothing has confirmed or ended it yet."
    }
    if !delivery.ids.isEmpty { return "Smooven accepted it, and nothing has confirmed it yet." }
    if delivery.refusal?.attempt == delivery.attempt, delivery.claim == nil {
      return "Smooven refused it, so nothing was sent."
    }
    if delivery.claim?.isArmed == true {
      return
        "It may have been sent, but the response was lost. It isn't sent again\(isCalledBack ? ", and only a callback can tell" : "")."
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
          channel: event.channel.map(DeliveryReport.word),
          reason: event.failure.map { $0.reason ?? $0.code ?? "" }
        )
      )
    }
    if let asked {
      steps.append(
        Self.step(
          nil,
          "status asked: \(DeliveryReport.word(asked.status))",
          channel: asked.channelUsed.map(DeliveryReport.word)
        )
      )
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
