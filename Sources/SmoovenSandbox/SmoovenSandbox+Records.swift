internal import SmoovenSupport

extension SmoovenSandbox {
  /// The accepted notifications, oldest first.
  public var notifications: [SandboxNotification] { records.read { $0.notifications } }

  /// All POSTs of callbacks that have ended, including retries, in the order in which they ended.
  public var callbackAttempts: [SandboxCallbackAttempt] { records.read { $0.attempts.elements } }

  /// The last attempts of the callbacks that were given up after three retries.
  public var failedDeliveries: [SandboxCallbackAttempt] { records.read { $0.failedDeliveries.elements } }

  /// The number of HTTP requests so far.
  public var requestCount: Int { records.read { $0.requestCount } }

  /// The number of authorized notify requests so far, including refused ones.
  public var notifyRequestCount: Int { records.read { $0.notifyRequestCount } }

  /// Returns the number of valid notify requests for one `user_id` or `to` so far.
  public func notifyRequestCount(for recipient: String) -> Int {
    records.read { $0.notifyRequestCount(for: recipient) }
  }

  /// Waits until `count` notifications have been accepted.
  ///
  /// - Returns: The notifications that are remembered.
  /// - Throws: ``SandboxError`` with `stopped` if the sandbox ends before that, or `CancellationError` if cancelled.
  public func awaitNotifications(count: Int) async throws -> [SandboxNotification] {
    try await first { $0.ids.total >= count ? $0.notifications : nil }
  }

  /// Waits until `count` attempts to send a callback have ended.
  ///
  /// - Returns: The attempts that are remembered.
  /// - Throws: ``SandboxError`` with `stopped` if the sandbox ends before that, or `CancellationError` if cancelled.
  public func awaitCallbackAttempts(count: Int) async throws -> [SandboxCallbackAttempt] {
    try await first { $0.attempts.total >= count ? $0.attempts.elements : nil }
  }

  /// Waits for what happens after a position among all that ever happened.
  ///
  /// - Returns: The activities that are kept, and the position after them.
  /// - Throws: ``SandboxError`` with `stopped` when the sandbox ends before, and `CancellationError` when the
  ///   caller is cancelled.
  package func awaitActivities(
    after position: Int
  ) async throws -> (activities: [SandboxActivity], position: Int) {
    try await first { records in
      let total = records.activities.total
      return total > position ? (records.activities.elements(after: position), total) : nil
    }
  }

  /// Waits until `count` callbacks have been given up.
  ///
  /// - Returns: The last attempts that are remembered.
  /// - Throws: ``SandboxError`` with `stopped` if the sandbox ends before that, or `CancellationError` if cancelled.
  public func awaitFailedDeliveries(count: Int) async throws -> [SandboxCallbackAttempt] {
    try await first { $0.failedDeliveries.total >= count ? $0.failedDeliveries.elements : nil }
  }

  /// Waits until nothing is left to do: every story is over, and every callback is accepted or given up.
  ///
  /// - Throws: ``SandboxError`` with `stopped` if the sandbox ends before that, or `CancellationError` if cancelled.
  public func awaitIdle() async throws {
    try await first { $0.unfinished == 0 ? () : nil }
  }

  func first<Result: Sendable>(
    _ find: @escaping @Sendable (SandboxRecords) -> Result?
  ) async throws -> Result {
    try await records.first { records in
      if let result = find(records) { return result }
      if case .stopped = records.phase { throw SandboxError.stopped }
      return nil
    }
  }
}
