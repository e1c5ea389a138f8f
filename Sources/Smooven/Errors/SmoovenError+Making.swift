extension SmoovenError {
  static let clientClosed = SmoovenError(
    .closed,
    "the client is closed; make calls inside withSmoovenClient, or while run() is running"
  )

  static let idempotencyConflict = SmoovenError(
    .idempotencyConflict,
    "idempotencyKey: it was used before for another request; take a fresh key for a new notification",
    field: "idempotencyKey"
  )

  static func notStored(_ cause: (any Error)?) -> SmoovenError {
    SmoovenError(.storeFailed, "the delivery could not be stored, so nothing was sent", cause: cause)
  }

  static func invalid(_ field: String, _ message: String) -> SmoovenError {
    SmoovenError(.invalidRequest, "\(field): \(message)", field: field)
  }

  static func misconfigured(_ field: String, _ message: String) -> SmoovenError {
    SmoovenError(.invalidConfiguration, "\(field): \(message)", field: field)
  }

  /// A timeout must be positive and finite; the cap keeps clock arithmetic from overflowing.
  static func checkTimeout(
    _ timeout: Duration,
    _ field: String = "timeout",
    code: Code = .invalidRequest
  ) throws(SmoovenError) {
    if timeout <= .zero { throw SmoovenError(code, "\(field): it must be positive", field: field) }
    if timeout > maximumTimeout {
      throw SmoovenError(code, "\(field): it must be at most 366 days", field: field)
    }
  }

  static func checkIdempotencyKey(_ key: String?) throws(SmoovenError) {
    guard let key else { return }
    guard (1...255).contains(key.utf8.count) else { throw .invalid("idempotencyKey", "give 1 to 255 bytes") }
  }

  /// 366 days.
  static let maximumTimeout = Duration.seconds(366 * 86_400)
}
