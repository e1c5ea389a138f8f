internal import HTTPTypes
internal import SmoovenCallbacks

import struct Foundation.CharacterSet
import class Foundation.JSONEncoder

extension SmoovenClient {
  /// Asks Smooven how far a notification has come.
  ///
  /// - Throws: ``SmoovenError``, with `notFound` for an unknown id; `CancellationError` when cancelled.
  public func status(of notificationID: String) async throws -> NotificationStatus {
    try await repeating { timeout in try await fetchStatus(of: notificationID, timeout: timeout).status }
  }

  func fetchStatus(
    of id: String,
    timeout: Duration
  ) async throws -> (status: NotificationStatus, event: CallbackEvent) {
    let answer = try await api.call(
      .get,
      "/v1/status/\(try pathSegment(id, "notification_id"))",
      timeout: timeout
    )
    guard let status = NotificationStatus(answer.json), status.notificationID == id else {
      throw SmoovenError(.invalidResponse, "the answer is not the status of this notification")
    }
    return (status, status.event(rawBody: answer.body))
  }

  /// Registers a person, or updates who is registered under the same external id.
  ///
  /// - Throws: ``SmoovenError``; `CancellationError` when cancelled.
  public func registerPlayer(_ registration: PlayerRegistration) async throws -> Player {
    try registration.validate()
    let body = Array(try JSONEncoder().encode(registration))
    return try await repeating { timeout in
      try read(try await api.call(.post, "/v1/players/register", body: body, timeout: timeout).json)
    }
  }

  /// Looks up a registered person by Smooven's id.
  ///
  /// - Throws: ``SmoovenError``, with `notFound` for an unknown id; `CancellationError` when cancelled.
  public func player(_ playerID: String) async throws -> Player {
    let path = "/v1/players/\(try pathSegment(playerID, "player_id"))"
    return try await repeating { timeout in
      try read(try await api.call(.get, path, timeout: timeout).json)
    }
  }

  /// Removes a registered person.
  ///
  /// - Throws: ``SmoovenError``, with `notFound` for an unknown id; `CancellationError` when cancelled.
  public func deletePlayer(_ playerID: String) async throws {
    let path = "/v1/players/\(try pathSegment(playerID, "player_id"))"
    var isRepeated = false
    try await repeating { timeout in
      do {
        _ = try await api.call(.delete, path, timeout: timeout)
      } catch let error as SmoovenError where error.code == .notFound && isRepeated {
        // The first request did it, and its answer was lost.
      } catch {
        isRepeated = true
        throw error
      }
    }
  }

  /// Registers up to 1,000 people at once.
  ///
  /// - Throws: ``SmoovenError``; `CancellationError` when cancelled.
  public func importPlayers(_ registrations: [PlayerRegistration]) async throws -> PlayerImport {
    guard (1...1_000).contains(registrations.count) else {
      throw SmoovenError.invalid("players", "give between 1 and 1,000")
    }
    for registration in registrations { try registration.validate() }
    let body = Array(try JSONEncoder().encode(["players": registrations]))
    return try await repeating { timeout in
      let answer = try await api.call(.post, "/v1/players/batch", body: body, timeout: timeout)
      guard let result = PlayerImport(answer.json) else {
        throw SmoovenError(.invalidResponse, "the answer does not say how many players were imported")
      }
      return result
    }
  }

  private func read(_ json: JSONValue) throws(SmoovenError) -> Player {
    guard let player = Player(json) else {
      throw SmoovenError(.invalidResponse, "the answer has no player_id")
    }
    return player
  }

  private func pathSegment(_ id: String, _ field: String) throws(SmoovenError) -> String {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-_.~")
    guard !id.isEmpty, id != ".", id != "..",
      let segment = id.addingPercentEncoding(withAllowedCharacters: allowed)
    else { throw .invalid(field, "it is empty or not an id") }
    return segment
  }

  /// Makes a call that changes nothing when it fails, again where that may help, within the call timeout.
  private func repeating<Result>(_ call: (Duration) async throws -> Result) async throws -> Result {
    try checkOpen()
    let deadline = clock.now() + configuration.callTimeout
    var attempt = 1
    while true {
      do {
        let left = max(deadline - clock.now(), .milliseconds(1))
        return try await call(min(configuration.requestTimeout, left))
      } catch var error as SmoovenError {
        error.attempts = attempt
        let wakeUp = clock.now() + (error.retryAfter ?? configuration.retry.backoff(afterAttempt: attempt))
        guard error.isRetryable, attempt < configuration.retry.maximumAttempts, wakeUp < deadline else {
          throw error
        }
        try await clock.sleep(wakeUp)
        attempt += 1
      }
    }
  }
}
