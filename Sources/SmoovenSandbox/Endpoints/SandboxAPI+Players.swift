internal import SmoovenCallbacks
internal import SmoovenHTTP
internal import SmoovenSupport

extension SandboxAPI {
  /// Handles `POST /v1/players/register`.
  func registerPlayer(_ bytes: [UInt8]) throws -> HTTPServerResponse {
    try refuseIfOverloaded()
    let registration = try PlayerRegistration(try .requestBody(bytes))
    let (player, isNew) = add(registration, size: bytes.count)
    return try response([
      "success": true, "player_id": .string(player.id), "external_id": .string(registration.externalID),
      "channels_registered": .array(registration.channels.map(JSONValue.string)), "created": .bool(isNew),
    ])
  }

  /// Handles `POST /v1/players/batch`, which imports valid players and reports invalid ones.
  func importPlayers(_ bytes: [UInt8]) throws -> HTTPServerResponse {
    try refuseIfOverloaded()
    guard let players = try JSONValue.requestBody(bytes).member("players")?.arrayValue else {
      throw APIError.invalidRequest("players must be an array")
    }
    guard players.count <= 1_000 else {
      throw APIError.invalidRequest("players has \(players.count) elements; a batch takes 1000")
    }
    var imported: Int64 = 0
    var errors: [JSONValue] = []
    for (index, player) in players.enumerated() {
      do {
        _ = add(try PlayerRegistration(player), size: bytes.count / max(1, players.count))
        imported += 1
      } catch {
        errors.append([
          "index": .integer(Int64(index)), "code": .string(error.code), "message": .string(error.message),
        ])
      }
    }
    return try response(["success": true, "imported": .integer(imported), "errors": .array(errors)])
  }

  /// Handles `GET /v1/players/{id}`.
  func player(_ id: String) throws -> HTTPServerResponse {
    guard let player = records.read({ $0.players[id] }) else { throw APIError.unknownPlayer }
    return try response(player.json)
  }

  /// Handles `DELETE /v1/players/{id}`.
  func deletePlayer(_ id: String) throws -> HTTPServerResponse {
    guard records.update({ $0.players.remove(id) }) != nil else { throw APIError.unknownPlayer }
    return try response(["success": true, "player_id": .string(id)])
  }

  private func add(_ registration: PlayerRegistration, size: Int) -> (player: PlayerRecord, isNew: Bool) {
    let player = PlayerRecord(registration: registration, registeredAt: configuration.now(), size: size)
    let isNew = records.update { $0.players.set(player, for: player.id) == nil }
    courier.announce(player, isNew: isNew)
    return (player, isNew)
  }
}

extension APIError {
  fileprivate static let unknownPlayer = APIError.notFound(
    "player_not_found",
    "there is no player of this id"
  )
}
