internal import HTTPTypes
internal import SmoovenCallbacks

extension SmoovenClient {
  /// Registers a person, or updates the person who is registered under the same external id.
  ///
  /// - Throws: ``SmoovenError``, or `CancellationError` if cancelled.
  public func registerPlayer(_ registration: PlayerRegistration) async throws -> Player {
    try registration.validate()
    let body = registration.json.body
    return try await repeating { timeout in
      try read(try await api.call(.post, "/v1/players/register", body: body, timeout: timeout).json)
    }
  }

  /// Looks up a registered person by Smooven's id.
  ///
  /// - Throws: ``SmoovenError``, with `notFound` for an unknown id, or `CancellationError` if cancelled.
  public func player(_ playerID: String) async throws -> Player {
    let path = "/v1/players/\(try Self.pathSegment(playerID, "player_id"))"
    return try await repeating { timeout in
      try read(try await api.call(.get, path, timeout: timeout).json)
    }
  }

  /// Removes a registered person.
  ///
  /// - Throws: ``SmoovenError``, with `notFound` for an unknown id, or `CancellationError` if cancelled.
  public func deletePlayer(_ playerID: String) async throws {
    let path = "/v1/players/\(try Self.pathSegment(playerID, "player_id"))"
    var isRepeated = false
    try await repeating { timeout in
      do {
        _ = try await api.call(.delete, path, timeout: timeout)
      } catch let error as SmoovenError where error.code == .notFound && isRepeated {
        // The first request removed the person, but its response was lost.
      } catch {
        isRepeated = true
        throw error
      }
    }
  }

  /// Registers up to 1,000 people with one request.
  ///
  /// - Throws: ``SmoovenError``, or `CancellationError` if cancelled.
  public func importPlayers(_ registrations: [PlayerRegistration]) async throws -> PlayerImport {
    guard (1...1_000).contains(registrations.count) else {
      throw SmoovenError.invalid("players", "must be between 1 and 1,000")
    }
    for registration in registrations { try registration.validate() }
    let body = JSONValue.object(["players": .array(registrations.map(\.json))]).body
    return try await repeating { timeout in
      let response = try await api.call(.post, "/v1/players/batch", body: body, timeout: timeout)
      guard let result = PlayerImport(response.json) else {
        throw SmoovenError(.invalidResponse, "the response does not say how many players were imported")
      }
      return result
    }
  }

  private func read(_ json: JSONValue) throws(SmoovenError) -> Player {
    guard let player = Player(json) else {
      throw SmoovenError(.invalidResponse, "the response has no player_id")
    }
    return player
  }
}
