internal import Smooven
internal import SmoovenCallbacks

/// A test with a callback like one that arrived, as source code.
struct CopiedTest {
  let text: String

  /// Creates the test, or returns `nil` for an event of another provider than Smooven.
  init?(_ event: CallbackEvent, showsPeople: Bool) {
    guard event.provider == "smooven", event.source == .callback,
      let payload = Self.payload(of: event, showsPeople: showsPeople)?.objectValue
    else {
      return nil
    }
    let name = payload["event"]?.stringValue ?? ""
    let recipient = payload["recipient"]
    var arguments = [
      SwiftLiteral.string(name),
      "notificationID: \(payload["notification_id"]?.stringValue.map(SwiftLiteral.string) ?? "nil")",
    ]
    func add(_ label: String, _ value: String?) {
      if let value { arguments.append("\(label): \(value)") }
    }
    add("channel", (payload["channel_used"]?.stringValue).map(SwiftLiteral.string))
    add("status", (payload["status"]?.stringValue).map(SwiftLiteral.string))
    add("userID", (recipient?["user_id"]?.stringValue).map(SwiftLiteral.string))
    add("address", (recipient?["channel_address"]?.stringValue).map(SwiftLiteral.string))
    if let metadata = payload["metadata"]?.objectValue, !metadata.isEmpty {
      add("metadata", SwiftLiteral.dictionary(metadata))
    }
    var others = payload
    for key in ["event", "notification_id", "channel_used", "status", "timestamp", "recipient", "metadata"] {
      others[key] = nil
    }
    if !others.isEmpty { add("extraFields", SwiftLiteral.dictionary(others)) }

    var checks = ["#expect(event.name == \(SwiftLiteral.string(name)))"]
    if let id = payload["notification_id"]?.stringValue {
      checks.append("#expect(event.correlationIDs.contains(\(SwiftLiteral.string(id))))")
    }
    text = """
      \(Self.imports)

      @Test(\(SwiftLiteral.string("A copied \(name)")))
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

  private static func payload(of event: CallbackEvent, showsPeople: Bool) -> JSONValue? {
    if showsPeople { return event.payload }
    let mask = RecipientMask(body: event.payload.bytes, recipients: event.recipient.map { [$0] } ?? [])
    return mask.body.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
  }
}
