internal import HTTPTypes
internal import SmoovenCallbacks

internal import struct Foundation.CharacterSet

extension SmoovenClient {
  /// Queries the state of a notification.
  ///
  /// - Throws: ``SmoovenError``, with `notFound` for an unknown id, or `CancellationError` if cancelled.
  public func status(of notificationID: String) async throws -> NotificationStatus {
    try await repeating { timeout in try await fetchStatus(of: notificationID, timeout: timeout).status }
  }

  func fetchStatus(
    of id: String,
    timeout: Duration
  ) async throws -> (status: NotificationStatus, body: [UInt8]) {
    let path = "/v1/status/\(try Self.pathSegment(id, "notification_id"))"
    let response = try await api.call(.get, path, timeout: timeout)
    guard let status = NotificationStatus(response.json), status.notificationID == id else {
      throw SmoovenError(.invalidResponse, "the response is not the status of this notification")
    }
    return (status, response.body)
  }

  static func pathSegment(_ id: String, _ field: String) throws(SmoovenError) -> String {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-_.~")
    guard !id.isEmpty, id != ".", id != "..",
      let segment = id.addingPercentEncoding(withAllowedCharacters: allowed)
    else { throw .invalid(field, "it is empty or not an id") }
    return segment
  }

  /// Performs a call that changes nothing if it fails, and repeats it within the call timeout if that may help.
  func repeating<Result>(_ call: (Duration) async throws -> Result) async throws -> Result {
    try checkOpen()
    let deadline = clock.now() + configuration.callTimeout
    var attempt = 1
    while true {
      do {
        let left = max(deadline - clock.now(), .milliseconds(1))
        return try await call(min(configuration.requestTimeout, left))
      } catch var error as SmoovenError {
        error.attempts = attempt
        let now = clock.now()
        let pause = configuration.retry.pause(
          after: error,
          attempt: attempt,
          now: now,
          deadline: deadline,
          jitter: configuration.jitter()
        )
        guard let pause else { throw error }
        try await clock.sleep(now + pause)
        attempt += 1
      }
    }
  }
}
