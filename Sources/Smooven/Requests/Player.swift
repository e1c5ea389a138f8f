public import SmoovenCallbacks

/// A registered person.
public struct Player: Sendable, Hashable {
  /// Smooven's id, such as `ply_abc123`.
  public var playerID: String
  /// The id of the person in your system.
  public var externalID: String?
  /// The channels on which the person can be reached, if the response lists them.
  public var channelsRegistered: [NotificationChannel]
  /// Whether a registration created a new player rather than updated one, if the response says so.
  public var wasCreated: Bool?
  /// The whole response.
  public var payload: JSONValue

  init?(_ json: JSONValue) {
    guard let id = json["player_id"]?.stringValue, !id.isEmpty else { return nil }
    playerID = id
    externalID = json["external_id"]?.stringValue
    channelsRegistered = (json["channels_registered"]?.arrayValue ?? []).compactMap { channel in
      channel.stringValue.map(NotificationChannel.init(rawValue:))
    }
    wasCreated = json["created"]?.boolValue
    payload = json
  }
}

extension Player: SafelyDescribed {
  /// Smooven's id, without the rest.
  public var description: String { "Player(\(playerID))" }
}
