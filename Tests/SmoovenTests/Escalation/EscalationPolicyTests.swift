import Foundation
import Testing

@testable import Smooven

@Suite("Escalation policy") struct EscalationPolicyTests {
  static let sarah = EscalationMessage.user("sarah@example.com", "The database is down", urgency: .high)

  static let policy = EscalationPolicy(
    [
      .notify(sarah, advanceAfter: .seconds(60), until: .opened),
      .together(
        [
          .channel(.sms, to: "+61400000000", "The database is down"),
          .ask(
            Question("Can you take it?", options: ["Yes", "No"]),
            .email("bob@example.com"),
            alsoFrom: .smobi(customer: "+15552223333", sender: "Agent")
          ),
        ],
        advanceAfter: .milliseconds(1_500),
        until: .answered,
        during: EscalationHours(from: "07:00", to: "23:00", timeZone: "Australia/Sydney", otherwise: .hold)
      ),
      .run("call the duty phone", advanceAfter: .seconds(300)),
    ],
    deadline: .seconds(900),
    onSettled: "Someone has it."
  )

  @Test("A policy that is written can be read again")
  func coded() throws {
    try Self.policy.validate()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let data = try encoder.encode(Self.policy)
    #expect(try JSONDecoder().decode(EscalationPolicy.self, from: data) == Self.policy)
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains(#""advance_after":1.5"#))
    #expect(text.contains(#""time_zone":"Australia\/Sydney""#))
  }

  @Test("A file needs only the members that have no default")
  func short() throws {
    let text = #"""
      {"deadline": 900, "steps": [{"messages": [{"user": "sarah", "text": "Down"}], "advance_after": 60, "until": "delivered"}]}
      """#
    let policy = try JSONDecoder().decode(EscalationPolicy.self, from: Data(text.utf8))
    #expect(
      policy
        == EscalationPolicy(
          [.notify(.user("sarah", "Down"), advanceAfter: .seconds(60), until: .delivered)],
          deadline: .seconds(900)
        )
    )
    // There is no default for what a step waits for.
    let without = text.replacing(#", "until": "delivered""#, with: "")
    let other = try JSONDecoder().decode(EscalationPolicy.self, from: Data(without.utf8))
    #expect(throws: SmoovenError.self) { try other.validate() }
  }

  @Test("Its description contains no recipient and no text")
  func described() {
    let text = "\(Self.policy)"
    for secret in ["sarah", "bob", "+61", "database", "take it", "Someone"] {
      #expect(!text.contains(secret))
    }
    #expect(text.contains("2. tell sms and ask email until answered, next after 1.5 s, 07:00 to 23:00"))
    #expect(Self.policy.repeated(3).steps.count == 9)
    #expect(Self.policy.repeated(1) == Self.policy)
  }

  static let step = EscalationStep.notify(sarah, advanceAfter: .seconds(1), until: .delivered)

  @Test("A policy that can't work is refused before anything is sent")
  func invalid() {
    func policy(
      _ steps: [EscalationStep],
      deadline: Duration = .seconds(1),
      _ settled: String? = nil
    ) -> EscalationPolicy {
      EscalationPolicy(steps, deadline: deadline, onSettled: settled)
    }
    func step(_ change: (inout EscalationStep) -> Void) -> EscalationStep {
      var step = Self.step
      change(&step)
      return step
    }
    let policies = [
      policy([]), policy(Array(repeating: Self.step, count: 33)), policy([Self.step], deadline: .zero),
      policy([Self.step], " "), policy([step { $0.advanceAfter = .zero }]), policy([step { $0.until = nil }]),
      policy([step { $0.until = .init(rawValue: "noticed") }]), policy([step { $0.messages = [] }]),
      policy([step { $0.run = "code" }]), policy([.run("", advanceAfter: .seconds(1))]),
      policy([step { $0.messages = [.user("", "Down")] }]),
      policy([step { $0.messages = [.user("sarah", " ")] }]),
      policy([step { $0.messages = [.channel(.sms, to: "0400", "Down")] }]),
      policy([step { $0.messages[0].channel = .sms }]),
      policy([step { $0.messages[0].replies = .init(group: "smobi", ids: ["1"]) }]),
      policy([step { $0.messages = [.ask(Question(""), .user("sarah"))] }]),
      policy([
        step { $0.hours = .init(from: "1", to: "2", timeZone: "UTC", otherwise: .skip) }
      ]),
    ]
    for (index, policy) in policies.enumerated() {
      #expect(throws: SmoovenError.self, "\(index)") { try policy.validate() }
    }
  }
}
