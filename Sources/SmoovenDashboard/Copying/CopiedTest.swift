internal import SmoovenCallbacks

/// A test with a callback like one that arrived, as source code.
struct CopiedTest {
  let text: String

  /// Creates the test, or returns `nil` for an event of another provider than Smooven.
  init?(_ event: CallbackEvent, people: People) {
    guard event.provider == "smooven", event.source == .callback, let payload = event.payload.objectValue
    else {
      return nil
    }
    let recipient = payload["recipient"]
    var arguments = [
      SwiftLiteral.string(event.name),
      "notificationID: \(payload["notification_id"]?.stringValue.map(SwiftLiteral.string) ?? "nil")",
    ]
    func add(_ label: String, _ value: String?) {
      if let value { arguments.append("\(label): \(value)") }
    }
    let quoted = { (text: String) in SwiftLiteral.string(people.shortened(text)) }
    add("channel", (payload["channel_used"]?.stringValue).map(SwiftLiteral.string))
    add("status", (payload["status"]?.stringValue).map(SwiftLiteral.string))
    add("userID", (recipient?["user_id"]?.stringValue).map(quoted))
    add("address", (recipient?["channel_address"]?.stringValue).map(quoted))
    if let metadata = payload["metadata"]?.objectValue, !metadata.isEmpty {
      add("metadata", SwiftLiteral.dictionary(Self.shown(metadata, people)))
    }
    var others = payload
    for key in ["event", "notification_id", "channel_used", "status", "timestamp", "recipient", "metadata"] {
      others[key] = nil
    }
    if !others.isEmpty { add("extraFields", SwiftLiteral.dictionary(Self.shown(others, people))) }

    var checks = ["#expect(event.name == \(SwiftLiteral.string(event.name)))"]
    if let id = payload["notification_id"]?.stringValue {
      checks.append("#expect(event.correlationIDs.contains(\(SwiftLiteral.string(id))))")
    }
    text = """
      \(Self.imports)

      @Test(\(SwiftLiteral.string("A copied \(event.name)")))
      func copiedCallback() throws {
        let secret: Secret = "sk_test_0123456789"
        let callback = SmoovenCallbackFixture(
      \(arguments.map { "    \($0)" }.joined(separator: ",\n"))
        )
        let request = callback.request(secret: secret)
        let provider = try SmoovenCallbackProvider(secrets: [secret])
        try provider.verify(request, at: Date())
        let event = try provider.decode(request)
      \(checks.map { "  \($0)" }.joined(separator: "\n"))
      }

      """
  }

  private static let imports = ["Foundation", "Smooven", "SmoovenTesting", "Testing"]
    .map { "import \($0)" }.joined(separator: "\n")

  private static func shown(_ members: [String: JSONValue], _ people: People) -> [String: JSONValue] {
    members.mapValues { shown($0, people) }
  }

  private static func shown(_ value: JSONValue, _ people: People) -> JSONValue {
    switch value {
    case .string(let text): .string(people.shortened(text))
    case .array(let elements): .array(elements.map { shown($0, people) })
    case .object(let members): .object(shown(members, people))
    default: value
    }
  }
}
