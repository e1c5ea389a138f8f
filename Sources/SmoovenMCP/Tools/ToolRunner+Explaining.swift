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
    let explanation = try await reading(by: wait) { try await client.explain(delivery.token) }
    let json = explanation.report(of: handle, isQuestion: delivery.answerableUntil != nil)
    return [
      "content": [["type": "text", "text": .string(json.text)]], "structuredContent": json, "isError": false,
    ]
  }
}

extension DeliveryExplanation {
  /// Returns the explanation as an object of ``ExplainDelivery/outputSchema``.
  fileprivate func report(of handle: String, isQuestion: Bool) -> JSONValue {
    [
      "handle": .string(handle), "notification_id": notificationID.map(JSONValue.string) ?? .null,
      "status": .string(DeliveryReport.word(status)), "why": .string(summary(isQuestion: isQuestion)),
      "advice": advice.map(JSONValue.string) ?? .null, "timeline": .array(timeline.map(\.report)),
    ]
  }

  /// Returns the reasons in one text, all of it this library's.
  private func summary(isQuestion: Bool) -> String {
    let reasons = reasons.isEmpty ? [why] : reasons
    let text = reasons.map(\.message).joined(separator: " ")
    guard isQuestion else { return text }
    // That a question arrived isn't its end.
    if timeline.contains(where: { $0.name == Question.answerEventName }) { return "It was answered." }
    return standing == .arrived ? "\(text) It hasn't been answered." : text
  }
}

extension DeliveryExplanation.Step {
  fileprivate var report: JSONValue {
    let text: (String?) -> JSONValue = { $0.map { .string(String($0.prefix(512))) } ?? .null }
    return [
      "at": text(at.map(RFC3339.format)), "event": text(name), "detail": text(detail),
      "channel": text(channel.map(DeliveryReport.word)), "reason": text(reason),
    ]
  }
}
