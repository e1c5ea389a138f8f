import Foundation
import Smooven

/// The same agent without a page: the answer arrives by Smobi's inbound webhook, as a text or a click on a button.
enum SmobiReplies {
  static func run() async throws {
    // Smobi has two webhooks and signs neither, so there are two endpoints whose URLs end in a token. Both are in one
    // group, because a question's status and its reply belong together. With your own tokens, read from where you keep
    // secrets, the URLs outlive the process.
    let receiver = try CallbackReceiver(endpoints: [
      CallbackEndpoint(
        .smobi(),
        name: "smobi-status",
        group: "smobi",
        authentication: .token("status-0123456789abcdef")
      ),
      CallbackEndpoint(
        .smobi(),
        name: "smobi-inbound",
        group: "smobi",
        authentication: .token("inbound-0123456789abcdef")
      ),
    ])
    let listener = try CallbackListener(receiver: receiver)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await listener.run() }
      // With a public name in front, paste these two into Smobi's dashboard.
      let human = Human(
        statusURL: try await listener.callbackURL(of: "smobi-status"),
        inboundURL: try await listener.callbackURL(of: "smobi-inbound")
      )
      print("Pay invoice 17?", try await ask(human, who: .clicks, patience: .seconds(30), listener))
      print("Pay invoice 18?", try await ask(human, who: .writes, patience: .seconds(30), listener))
      print("Pay invoice 19?", try await ask(human, who: .ignores, patience: .seconds(1), listener))
      group.cancelAll()
    }
  }

  static func ask(
    _ human: Human,
    who habit: Human.Habit,
    patience: Duration,
    _ listener: CallbackListener
  ) async throws -> String {
    // The reference is ours and chosen before sending, so no answer can arrive too early for it.
    let reference = "ask-\(UUID().uuidString)"
    // With Smobi: POST the question with this `clientRef` and two suggested replies.
    try await human.receive(reference: reference, habit)

    let outcome = try await listener.outcome(
      of: "smobi",
      id: reference,
      timeout: patience,
      until: .answered
    )
    switch outcome {
    case .delivered(let event):
      let message = SmobiInboundMessage(event)
      return message?.postback ?? message?.text ?? "an answer without words"
    case .failed(let event):
      return "not asked: \(event.failure?.reason ?? "no reason given")"
    case .timedOut(let lastKnown, _):
      return "no answer, the message was \(lastKnown)"
    }
  }
}
