internal import SmoovenCallbacks

internal import struct Foundation.Date

/// A player, as it was last registered.
struct PlayerRecord: Sendable {
  let registration: PlayerRegistration
  let registeredAt: Date
  /// The size of the registration in bytes.
  var size = 0

  /// The player's id, which is the same for the same external id, so that a second registration is an update.
  var id: String { Address.madeUp(for: registration.externalID, on: .push) }

  /// The body of the response to `GET /v1/players/{id}`.
  var json: JSONValue {
    var members = registration.body.objectValue ?? [:]
    members["player_id"] = .string(id)
    return .object(members)
  }

  /// Returns the payload of the callback that reports the registration.
  func payload(isNew: Bool) -> JSONValue {
    [
      "event": isNew ? "player.registered" : "player.updated", "player_id": .string(id),
      "external_id": .string(registration.externalID), "timestamp": .string(RFC3339.format(registeredAt)),
    ]
  }
}
