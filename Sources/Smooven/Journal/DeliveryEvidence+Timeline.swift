internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryEvidence {
  typealias Step = DeliveryExplanation.Step

  /// The steps of the delivery, oldest first.
  var timeline: [Step] {
    var steps = journalSteps
    let names = Set(steps.map(\.name))
    if !names.contains("opened"), let delivery {
      steps.append(Step(at: delivery.openedAt, name: "opened", detail: Self.keyed(delivery)))
    }
    if let refusal = delivery?.refusal, !names.contains("refused") {
      steps.append(Step(name: "refused", detail: refusal.apiCode ?? refusal.code))
    }
    if let delivery, !delivery.ids.isEmpty, !names.contains("accepted") {
      steps.append(Step(name: "accepted"))
    }
    let journaled = Set((story?.entries ?? []).compactMap { $0.event?.identity })
    for (event, at) in arrivals where !journaled.contains(event.identity) {
      steps.append(Step(event, at: at ?? event.occurredAt, detail: nil))
    }
    steps += refusalSteps
    if let asked {
      steps.append(Step(at: now, name: "status asked", detail: "\(asked.status)", channel: asked.channelUsed))
    }
    return Self.sorted(steps)
  }

  /// Returns the steps by time.
  ///
  /// The opening is first, because the clock of a sender may be behind. What has no time follows what it came after.
  private static func sorted(_ steps: [Step]) -> [Step] {
    var rest = steps
    let opening = rest.firstIndex { $0.name == "opened" }.map { [rest.remove(at: $0)] } ?? []
    let early = rest.filter { $0.at == nil }
    let timed = rest.filter { $0.at != nil }.sorted { ($0.at ?? .distantPast) < ($1.at ?? .distantPast) }
    return opening + early + timed
  }

  private static func keyed(_ delivery: StoredDelivery) -> String? {
    delivery.idempotencyKey == nil ? nil : "with a key"
  }

  private var journalSteps: [Step] {
    (story?.entries ?? []).compactMap { entry in
      let step: (String, String?) -> Step = { Step(at: entry.at, name: $0, detail: $1) }
      switch entry.kind {
      case .opened(let isKeyed): return step("opened", isKeyed ? "with a key" : nil)
      case .expected(let provider): return step("opened", "expects \(provider)")
      case .requestLeft(let attempt): return step("request left", attempt > 1 ? "attempt \(attempt)" : nil)
      case .accepted(_, let status, let channel):
        return Step(at: entry.at, name: "accepted", detail: status.rawValue, channel: channel)
      case .refused(let error): return step("refused", error.apiCode ?? error.code.description)
      case .unclear(let error): return step("unclear", error.message)
      case .callback(let event, let disposition, _):
        return Step(event, at: entry.at, detail: disposition == .matched ? nil : disposition.rawValue)
      case .rejected(let rejection):
        return step("callback refused", "\(rejection.status) \(rejection.reason)")
      case .statusAsked(let status):
        return step("status asked", status.map(\.rawValue) ?? "no response in time")
      case .settled(let outcome):
        return step(outcome.name == "timed_out" ? "timed out" : "settled", outcome.status.rawValue)
      case .resumed: return step("resumed", nil)
      case .released: return nil
      }
    }
  }

  /// The refused requests that may have been its own, one step for each reason.
  private var refusalSteps: [Step] {
    var last: [String: (at: Date, count: Int, status: Int)] = [:]
    for (at, rejection) in refusedRequests.others {
      last[rejection.reason] = (at, (last[rejection.reason]?.count ?? 0) + 1, rejection.status)
    }
    return last.map { reason, found in
      Step(at: found.at, name: "others refused", detail: "\(found.count) with \(found.status) \(reason)")
    }
  }
}

extension DeliveryExplanation.Step {
  init(_ event: CallbackEvent, at: Date?, detail: String?) {
    let asked = event.source == .statusQuery ? "from the status" : nil
    self.init(
      at: at,
      name: event.name,
      detail: [asked, detail].compactMap(\.self).first,
      channel: event.channel,
      reason: event.failure.map { $0.reason ?? $0.code ?? "no reason given" }
    )
  }
}
