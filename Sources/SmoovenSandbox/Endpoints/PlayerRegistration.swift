internal import SmoovenCallbacks

/// A valid body of `POST /v1/players/register`.
struct PlayerRegistration: Sendable {
  /// The body as it arrived.
  let body: JSONValue
  let externalID: String
  /// The names of the channels that have an address.
  let channels: [String]

  /// Checks every documented rule.
  ///
  /// - Throws: ``APIError``, which names the first field that breaks a rule.
  init(_ body: JSONValue) throws(APIError) {
    guard body.objectValue != nil else { throw .invalidRequest("a player must be an object") }
    self.body = body
    guard let id = try body.string("external_id"), !id.isEmpty else {
      throw .badRequest("missing_external_id", "external_id is required")
    }
    externalID = id
    channels = try Self.channels(in: try body.object("channels") ?? .object([:]))
    if let tags = body.member("tags") {
      guard tags.arrayValue?.allSatisfy({ $0.stringValue != nil }) == true else {
        throw .invalidRequest("tags must be an array of strings")
      }
    }
    try body.object("preferences")
  }

  private static func channels(in object: JSONValue) throws(APIError) -> [String] {
    var names: [String] = []
    for channel in [NotificationChannel.sms, .email] {
      guard let address = try object.string(channel.rawValue, code: "invalid_channel") else { continue }
      guard Address.isValid(address, on: channel) else {
        throw .badRequest("invalid_channel", "channels.\(channel) must be \(Address.rule(on: channel))")
      }
      names.append(channel.rawValue)
    }
    if let push = try object.object("push") {
      guard try push.string("device_token")?.isEmpty == false else {
        throw .badRequest("invalid_channel", "channels.push.device_token is required")
      }
      names.append("push")
    }
    return names
  }
}
