import Smooven
import Testing

@testable import SmoovenMCP

/// The schema that a model reads agrees with the code that reads its arguments.
@Suite("Arguments of tools")
struct ToolArgumentsTests {
  private static let intent: [String: JSONValue] = ["user_id": "sarah", "intent": "Hello"]
  private static let direct: [String: JSONValue] = ["channel": "sms", "to": "+61400000000", "message": "Hi"]

  @Test("Every property of the schema is read, and refused if it has another type")
  func schemaAndReader() throws {
    let properties = try #require(NotifyPerson.inputSchema["properties"]?.objectValue)
    let good: [String: JSONValue] = [
      "user_id": "sarah", "intent": "Hi", "context": ["a": 1], "channel": "sms", "to": "+61400000000",
      "message": "Hi",
      "urgency": "high", "idempotency_key": "k", "deadline_seconds": 60, "wait_seconds": 1.5,
    ]
    #expect(Set(good.keys) == Set(properties.keys))
    let directOnly: Set = ["channel", "to", "message"]
    for (name, value) in good {
      let base = directOnly.contains(name) ? Self.direct : Self.intent
      _ = try NotifyPerson(.object(base.merging([name: value]) { _, new in new }))
      let failure = #expect(throws: ToolFailure.self) {
        try NotifyPerson(.object(base.merging([name: true]) { _, new in new }))
      }
      #expect(failure?.message.hasPrefix("\(name):") == true, "\(name): \(failure?.message ?? "-")")
    }
  }

  @Test(
    "A wrong argument is named, with what is allowed",
    arguments: [
      (["user_id": "sarah"], "intent: missing"),
      (["intent": "Hi"], "user_id: missing"),
      (["user_id": "", "intent": "Hi"], "user_id: must not be empty"),
      (
        ["user_id": "sarah", "intent": "Hi", "urgent": true], "urgent: unknown argument. Use channel, context"
      ),
      (
        ["user_id": "sarah", "intent": "Hi", "urgency": "asap"],
        "urgency: must be low, normal, high, critical"
      ),
      (["channel": "fax", "to": "1", "message": "Hi"], "channel: must be sms, rcs, push, email, inapp"),
      (["channel": "sms", "to": "0400", "message": "Hi"], "to: a phone number in E.164 form"),
      (["channel": "sms", "to": "+61400000000"], "message: missing"),
      (["channel": "sms", "to": "+61400000000", "message": "Hi", "intent": "Hi"], "channel: give either"),
      (["to": "+61400000000", "message": "Hi"], "channel: to and message need a channel"),
      (
        ["user_id": "sarah", "intent": "Hi", "idempotency_key": "a\u{1F}b"],
        "idempotency_key: must have no control"
      ),
      (
        ["user_id": "sarah", "intent": "Hi", "wait_seconds": "30"],
        "wait_seconds: must be a number of seconds"
      ),
      (["user_id": "sarah", "intent": "Hi", "context": ["user_id": "bob"]], "context.user_id"),
    ] as [([String: JSONValue], String)]
  )
  func wrong(arguments: [String: JSONValue], message: String) {
    let failure = #expect(throws: ToolFailure.self) { try NotifyPerson(.object(arguments)) }
    #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "-")")
  }

  @Test("Every property of a question's schema is read, and refused if it has another type")
  func question() throws {
    let properties = try #require(AskPerson.inputSchema["properties"]?.objectValue)
    let good: [String: JSONValue] = [
      "question": "Deploy?", "options": ["Yes", "No"], "allow_text": true, "user_id": "sarah",
      "context": ["a": 1], "channel": "sms", "to": "+61400000000", "urgency": "high",
      "idempotency_key": "k", "deadline_seconds": 60, "wait_seconds": 1.5,
    ]
    #expect(Set(good.keys) == Set(properties.keys))
    for (name, value) in good {
      let base: [String: JSONValue] =
        ["channel", "to"].contains(name)
        ? ["question": "Deploy?", "channel": "sms", "to": "+61400000000"]
        : ["question": "Deploy?", "user_id": "sarah"]
      _ = try AskPerson(.object(base.merging([name: value]) { _, new in new }))
      let wrong: JSONValue = name == "allow_text" ? 7 : true
      let failure = #expect(throws: ToolFailure.self) {
        try AskPerson(.object(base.merging([name: wrong]) { _, new in new }))
      }
      #expect(failure?.message.hasPrefix("\(name):") == true, "\(name): \(failure?.message ?? "-")")
    }
  }

  @Test(
    "A wrong argument of a question is named, with what is allowed",
    arguments: [
      (["user_id": "sarah"], "question: missing"),
      (["question": "Deploy?"], "user_id: missing"),
      (["question": "Deploy?", "to": "+61400000000"], "channel: to needs a channel"),
      (["question": "Deploy?", "channel": "sms"], "to: missing"),
      (["question": "Deploy?", "channel": "sms", "to": "0400"], "to: a phone number in E.164 form"),
      (
        ["question": "Deploy?", "channel": "sms", "to": "+61400000000", "user_id": "a"],
        "channel: give either"
      ),
      (["question": "Deploy?", "channel": "inapp", "to": "a"], "channel: must be sms, email, push"),
      (
        ["question": "Deploy?", "user_id": "a", "options": ["Yes", 7]], "options: must be an array of strings"
      ),
      (
        ["question": "Deploy?", "user_id": "a", "options": ["Yes", "Yes"]],
        "options: must be at most 8, all different"
      ),
      (["question": "Deploy?", "user_id": "a", "options": [""]], "options: each must be one line"),
      (["question": "Deploy?", "user_id": "a", "allow_text": false], "options: give options"),
      (["question": " ", "user_id": "a"], "question: it is empty"),
      (["question": "Deploy?", "intent": "Hi", "user_id": "a"], "intent: unknown argument"),
    ] as [([String: JSONValue], String)]
  )
  func wrongQuestion(arguments: [String: JSONValue], message: String) {
    let failure = #expect(throws: ToolFailure.self) { try AskPerson(.object(arguments)) }
    #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "-")")
  }

  @Test("Arguments that are left out may be null, and a text has a limit")
  func limits() throws {
    let call = try NotifyPerson(
      .object(Self.intent.merging(["urgency": .null, "to": .null]) { _, new in new })
    )
    guard case .notification(let request) = call.message.content else {
      Issue.record("not a notification")
      return
    }
    #expect(request.urgency == nil && call.message.key == nil)
    let long = JSONValue.string(String(repeating: "x", count: 4_001))
    #expect(throws: ToolFailure.self) {
      try NotifyPerson(["user_id": "sarah", "intent": long])
    }
    #expect(throws: ToolFailure.self) { try NotifyPerson([]) }
  }

  @Test(
    "A wait is limited, and never refused",
    arguments: [(nil, 25), (0, 0), (-5, 0), (1, 1), (24.5, 24.5), (1e300, 25), (60, 25)]
      as [(Double?, Double)]
  )
  func waits(seconds: Double?, expected: Double) {
    let wait = Wait(seconds, .seconds(100), .seconds(25))
    #expect(wait.end - wait.start == .seconds(expected))
    #expect(wait.isPeek == (expected == 0))
  }

  @Test("Definitions are stable, complete and small")
  func definitions() throws {
    #expect(MCPTool.all.map(\.name) == ["notify_person", "ask_person", "wait_for", "explain_delivery"])
    for tool in MCPTool.all {
      #expect(tool.definition["inputSchema"]?["type"] == "object")
      #expect(tool.definition["outputSchema"]?["type"] == "object")
      // A server that says nothing is assumed to be destructive.
      #expect(tool.definition["annotations"]?["destructiveHint"] == false)
    }
    #expect(MCPTool.notifyPerson.definition["annotations"]?["readOnlyHint"] == false)
    #expect(MCPTool.waitFor.definition["annotations"]?["readOnlyHint"] == true)
    #expect(JSONValue.array(MCPTool.all.map(\.definition)).bytes.count < 12_000)
  }
}
