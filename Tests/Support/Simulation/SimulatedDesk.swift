internal import Foundation
internal import HTTPTypes
internal import Smooven
internal import Synchronization

/// A help desk whose questions share conversations.
///
/// An event of one question must never settle another.
struct SimulatedDesk: UnsignedCallbackProvider {
  static let kinds: [CallbackEvent.Kind] = [.queued, .replied, .clicked]

  let name = "desk"

  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    guard let json = try? JSONValue(parsing: request.body), let question = json["question"]?.stringValue,
      let conversation = json["conversation"]?.stringValue, let kind = json["kind"]?.stringValue,
      let number = json["number"]?.stringValue
    else { throw CallbackDecodingError(.fieldMissing, "not the desk's JSON") }
    return CallbackEvent(
      provider: name,
      name: kind,
      kind: CallbackEvent.Kind(rawValue: kind),
      correlationIDs: [question],
      conversationIDs: [conversation],
      deduplicationKey: number,
      payload: json,
      rawBody: request.body
    )
  }
}

extension SimulatedWorld {
  /// Schedules what happens to a question.
  func schedule(question: String, conversation: Int) {
    let time = now
    state.withLock { state in
      for number in 0..<3 {
        guard let kind = SimulatedDesk.kinds.randomElement(using: &state.random) else { return }
        let due = time + .milliseconds(Int64.random(in: 0...20_000, using: &state.random))
        let body: JSONValue = [
          "question": .string(question), "conversation": .string("conversation-\(conversation)"),
          "kind": .string(kind.rawValue), "number": .string("\(question)-\(number)"),
        ]
        state.callbacks.append(
          SimulatedCallback(
            id: question,
            event: kind.rawValue,
            channel: .push,
            path: "/callbacks/desk",
            isPartners: false,
            due: due,
            happensAt: due,
            deskBody: body.bytes
          )
        )
      }
    }
  }
}
