extension SmoovenError {
  static let clientClosed = SmoovenError(
    .closed,
    "it has been shut down; wait only while run() is running"
  )

  /// Returns the error of calls to a client that has closed because it couldn't run.
  static func closed(because cause: SmoovenError) -> SmoovenError {
    SmoovenError(.closed, "it could not run: \(cause.message)", cause: cause)
  }

  static let idempotencyConflict = SmoovenError(
    .idempotencyConflict,
    "idempotencyKey: it was used before for another request; use a fresh key for a new notification",
    field: "idempotencyKey"
  )

  static func notStored(_ cause: (any Error)?) -> SmoovenError {
    SmoovenError(.storeFailed, "the delivery could not be stored, so nothing was sent", cause: cause)
  }

  static let tooLate = SmoovenError(
    .storeFailed,
    "the store took longer than the timeout, so nothing was sent"
  )

  static func heldBack(for pause: Duration) -> SmoovenError {
    let message = "Smooven asked for fewer requests, and this one would be too late; nothing was sent"
    return SmoovenError(.rateLimited, message, retryAfter: pause)
  }

  static func invalid(_ field: String, _ message: String) -> SmoovenError {
    SmoovenError(.invalidRequest, "\(field): \(message)", field: field)
  }

  static func misconfigured(_ field: String, _ message: String) -> SmoovenError {
    SmoovenError(.invalidConfiguration, "\(field): \(message)", field: field)
  }

  /// Checks that a timeout is positive and not too long, because the limit keeps clock arithmetic from overflowing.
  static func checkTimeout(
    _ timeout: Duration,
    _ field: String = "timeout",
    code: Code = .invalidRequest
  ) throws(SmoovenError) {
    if timeout <= .zero { throw SmoovenError(code, "\(field): must be positive", field: field) }
    if timeout > maximumTimeout {
      throw SmoovenError(code, "\(field): must be at most 366 days", field: field)
    }
  }

  /// Checks a key that a caller passed.
  ///
  /// Keys that the library derives from it contain a U+001F.
  static func checkIdempotencyKey(_ key: String?) throws(SmoovenError) {
    guard let key else { return }
    guard (1...200).contains(key.utf8.count), !key.unicodeScalars.contains("\u{1F}") else {
      throw .invalid("idempotencyKey", "must be 1 to 200 bytes without the character U+001F")
    }
  }

  /// The maximum timeout, which is 366 days.
  static let maximumTimeout = Duration.seconds(366 * 86_400)
}
