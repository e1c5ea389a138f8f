internal import HTTPTypes
internal import Smooven

internal import struct Foundation.Date

/// The changes to a captured request before it's sent again.
struct ReplayEdit: Sendable {
  /// The time to add to every signed time, or `nil` to keep them.
  var shift: Double?
  /// The text to append to every id, so that it's a new event, or `nil` to keep the ids.
  var suffix: String?
  /// The secrets to sign with, by provider, or `nil` to keep the signatures.
  var secrets: [KnownProvider: [Secret]]?

  /// The refusals after which a request isn't changed: its signature, path or token was wrong, and is to be wrong again.
  private static let broken: Set<String> = [
    "no_match", "header_missing", "header_malformed", "wrong_secret_kind", "unauthenticated", "not_found",
    "method_not_allowed", "content_encoding",
  ]
  /// Members that hold the time of an event.
  private static let times: Set<String> = [
    "timestamp", "created_at", "createdAt", "occurred_at", "receivedAt", "received_at",
  ]
  /// Members that hold an id of an event, a message or a notification.
  static let ids: Set<String> = [
    "id", "notification_id", "player_id", "trackingId", "job_id", "post_id", "message_id",
    "remote_message_id",
    "smobiMessageId", "clientRef", "eventId",
  ]

  /// Returns the header fields and the body to send.
  ///
  /// - Throws: `CallbackConfigurationError` if a secret can't be one.
  func apply(to exchange: CapturedExchange) throws -> (fields: HTTPFields, body: [UInt8]) {
    let request = exchange.request
    var fields = ForwardHops.removingHops(from: request.head.headerFields)
    for name in [HTTPField.Name("Host"), .authorization, .cookie].compactMap(\.self) { fields[name] = nil }
    guard !Self.broken.contains(exchange.answer.reason ?? "") else { return (fields, request.body) }
    let body = edited(request.body)
    if let known = exchange.knownProvider, let secrets = secrets?[known],
      let provider = try known.signing(secrets)
    {
      sign(&fields, body, request, by: provider)
    }
    return (fields, body)
  }

  private func edited(_ body: [UInt8]) -> [UInt8] {
    guard shift != nil || suffix != nil, let tree = JSONTree(body) else { return body }
    return tree.replacing { part in
      guard part.kind != .key else { return nil }
      let (key, text, isString) = (part.key, part.text, part.kind == .string)
      if let shift, isString, Self.times.contains(key), let date = RFC3339.parse(text) {
        return RFC3339.format(date.addingTimeInterval(shift))
      }
      guard let suffix, Self.ids.contains(key), !text.isEmpty else { return nil }
      if isString { return text + suffix }
      // A number stays one.
      let digits = suffix.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
      return text.count <= 12 && text != "0" && text.allSatisfy(\.isNumber) ? "\(text)\(digits)" : nil
    }
  }

  private func sign(
    _ fields: inout HTTPFields,
    _ body: [UInt8],
    _ request: CallbackRequest,
    by provider: some SigningCallbackProvider
  ) {
    let signedAt = provider.signature.signedTime(of: request) ?? Date()
    // The header that repeats the id of the message, if there's one.
    let probe = "smooven-probe"
    let idName = provider.sign(body, id: probe, at: signedAt).first { $0.value == probe }?.name
    let id = idName.flatMap { request.head.headerFields[$0] }.map { $0 + (suffix ?? "") } ?? probe
    for field in provider.sign(body, id: id, at: signedAt.addingTimeInterval(shift ?? 0)) {
      fields[field.name] = field.value
    }
  }
}
