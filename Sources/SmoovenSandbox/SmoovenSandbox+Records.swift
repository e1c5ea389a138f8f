internal import SmoovenSupport

extension SmoovenSandbox {
  /// The notifications that were accepted, oldest first.
  public var notifications: [SandboxNotification] { records.read { $0.notifications } }

  /// Every POST of a callback that has ended, retries too, in the order of their ends.
  public var callbackAttempts: [SandboxCallbackAttempt] { records.read { $0.attempts.elements } }

  /// The last attempts of the callbacks that were given up, after three retries.
  public var failedDeliveries: [SandboxCallbackAttempt] { records.read { $0.failedDeliveries.elements } }

  /// How many HTTP requests have come in.
  public var requestCount: Int { records.read { $0.requestCount } }

  /// How many authorised notify requests have come in, refused ones too.
  public var notifyRequestCount: Int { records.read { $0.notifyRequestCount } }

  /// How many valid notify requests have come in for one `user_id` or `to`.
  public func notifyRequestCount(for recipient: String) -> Int {
    records.read { $0.notifyRequestCount(for: recipient) }
  }

  /// Waits until some number of notifications have been accepted.
  ///
  /// - Returns: Those that are remembered.
  /// - Throws: ``SandboxError`` with `stopped` when the sandbox ends before, and `CancellationError` when the
  ///   caller is cancelled.
  public func awaitNotifications(count: Int) async throws -> [SandboxNotification] {
    try await first { $0.ids.total >= count ? $0.notifications : nil }
  }

  /// Waits until some number of attempts to send a callback have ended.
  ///
  /// - Returns: Those that are remembered.
  /// - Throws: ``SandboxError`` with `stopped` when the sandbox ends before, and `CancellationError` when the
  ///   caller is cancelled.
  public func awaitCallbackAttempts(count: Int) async throws -> [SandboxCallbackAttempt] {
    try await first { $0.attempts.total >= count ? $0.attempts.elements : nil }
  }

  /// Waits for attempts after a position among all that ever ended.
  ///
  /// Unlike the list of all, this costs no more when the list is long.
  ///
  /// - Returns: Those that are remembered, and the position after them.
  /// - Throws: ``SandboxError`` with `stopped` when the sandbox ends before, and `CancellationError` when the
  ///   caller is cancelled.
  package func awaitCallbackAttempts(
    after position: Int
  ) async throws -> (attempts: [SandboxCallbackAttempt], position: Int) {
    try await first { records in
      let total = records.attempts.total
      return total > position ? (records.attempts.elements(after: position), total) : nil
    }
  }

  /// Waits until some number of callbacks have been given up.
  ///
  /// - Returns: Those that are remembered.
  /// - Throws: ``SandboxError`` with `stopped` when the sandbox ends before, and `CancellationError` when the
  ///   caller is cancelled.
  public func awaitFailedDeliveries(count: Int) async throws -> [SandboxCallbackAttempt] {
    try await first { $0.failedDeliveries.total >= count ? $0.failedDeliveries.elements : nil }
  }

  /// Waits until nothing is left to happen: every story is told, and every callback taken or given up.
  ///
  /// - Throws: ``SandboxError`` with `stopped` when the sandbox ends before, and `CancellationError` when the
  ///   caller is cancelled.
  public func awaitIdle() async throws {
    try await first { $0.unfinished == 0 ? () : nil }
  }

  private func first<Result: Sendable>(
    _ find: @escaping @Sendable (SandboxRecords) -> Result?
  ) async throws -> Result {
    try await records.first { records in
      if let result = find(records) { return result }
      if case .stopped = records.phase { throw SandboxError.stopped }
      return nil
    }
  }
}
