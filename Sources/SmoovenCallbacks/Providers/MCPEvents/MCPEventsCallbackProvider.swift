internal import HTTPTypes

/// Events of an MCP server, sent as webhooks to a URL that a client subscribed (MCP Events, an extension of the Model
/// Context Protocol).
///
/// The client chooses the secret, and the server signs as Standard Webhooks does. Before a subscription takes
/// effect, the server sends a signed challenge, which the listener replies to. An event is found by its id,
/// and by the id of its subscription, which all events of the subscription share:
///
/// ```swift
/// let isOver = DeliveryCriterion.matching { $0.name == "incident.resolved" }
/// return try await listener.expect(try .mcpEvents(secret), timeout: .seconds(600), until: isOver) {
///   expected in
///   try await subscribe(expected.callbackURL)
/// }
/// ```
public struct MCPEventsCallbackProvider: SigningCallbackProvider {
  /// `mcpevents`, unless another name was given.
  public let name: String
  /// The scheme and the secrets.
  public let signature: MessageSignature

  /// Creates a provider.
  ///
  /// - Parameters:
  ///   - secrets: The secrets of the subscriptions, `whsec_…` in base64.
  ///   - name: The name in callback paths and events. Defaults to `mcpevents`.
  ///   - tolerance: The maximum difference between the signed time and now. Defaults to 300 seconds both ways.
  /// - Throws: ``CallbackConfigurationError`` if a secret is missing, too short, copied incorrectly or not base64.
  public init(
    secrets: [Secret],
    name: String = "mcpevents",
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) {
    self.name = name
    signature = try StandardWebhooksCallbackProvider(secrets: secrets, name: name, tolerance: tolerance)
      .signature
  }

  /// Replies to `{"type":"verification","challenge":"…"}` with the challenge.
  public func handshake(
    afterVerifying request: CallbackRequest
  ) throws(CallbackDecodingError) -> CallbackReply? {
    let body = try JSONOutline(request.body)
    guard body.string("type") == "verification", !body.has("eventId") else { return nil }
    return .json(["challenge": .string(try body.requiredString("challenge"))])
  }

  /// Reads `eventId`, `name` and `timestamp`.
  ///
  /// The kind is always other.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let body = try JSONOutline(request.body)
    let id = try body.requiredString("eventId")
    let subscription = (try? request.singleHeader(.mcpSubscriptionID)).flatMap { $0.isEmpty ? nil : $0 }
    return CallbackEvent(
      CallbackEvent.Fields(
        provider: name,
        name: try body.requiredString("name"),
        kind: .other,
        correlationIDs: [id],
        // Shared by all events of a subscription, so no wait learns it.
        conversationIDs: [subscription].compactMap(\.self),
        occurredAt: body.time("timestamp"),
        signedAt: signature.signedTime(of: request),
        // The id of the message may change when an event is resent, but the event's id doesn't.
        deduplicationKey: id,
        rawBody: request.body
      )
    )
  }
}

extension CallbackProvider where Self == MCPEventsCallbackProvider {
  /// Returns a provider for the events of an MCP server.
  ///
  /// - Throws: ``CallbackConfigurationError`` if a secret is missing, too short, copied incorrectly or not base64.
  public static func mcpEvents(
    _ secrets: Secret...,
    name: String = "mcpevents",
    tolerance: TimestampTolerance = .standard
  ) throws(CallbackConfigurationError) -> MCPEventsCallbackProvider {
    try MCPEventsCallbackProvider(secrets: secrets, name: name, tolerance: tolerance)
  }
}

// Safe to unwrap, because it's a constant and a valid token.
extension HTTPField.Name {
  // swift-format-ignore: NeverForceUnwrap
  static let mcpSubscriptionID = HTTPField.Name("X-MCP-Subscription-Id")!
}
