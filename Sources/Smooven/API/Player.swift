public import SmoovenCallbacks

/// A registered person.
public struct Player: Sendable, Hashable {
  /// Smooven's id, such as `ply_abc123`.
  public var playerID: String
  /// The id by which your system knows the person.
  public var externalID: String?
  /// The channels on which the person can be reached, where the answer lists them.
  public var channelsRegistered: [NotificationChannel]
  /// Whether a registration made a new player, where the answer says so; otherwise one was updated.
  public var wasCreated: Bool?
  /// The whole answer.
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
  /// Smooven's id alone.
  public var description: String { "Player(\(playerID))" }
}
