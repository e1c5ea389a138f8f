internal import SmoovenSupport

extension SmoovenSandbox {
  /// The number of things that have ever happened.
  package var activityCount: Int { records.read { $0.activities.total } }

  /// Returns what happened after a position among all that ever happened, oldest first, as far as it's remembered.
  ///
  /// - Returns: The activities, and the position of the first.
  package func activities(after position: Int, limit: Int) -> (activities: [SandboxActivity], start: Int) {
    records.read { records in
      let history = records.activities
      let forgotten = history.total - history.elements.count
      let start = min(max(position, forgotten), history.total)
      return (Array(history.elements.dropFirst(start - forgotten).prefix(max(limit, 0))), start)
    }
  }

  /// Waits until the number of things that have happened is another one.
  ///
  /// - Throws: ``SandboxError`` with `stopped` if the sandbox ends before that, or `CancellationError` if cancelled.
  package func waitForActivities(after position: Int) async throws {
    try await first { $0.activities.total == position ? nil : () }
  }

  /// Sends the callback of an attempt once more, with the same bytes.
  ///
  /// - Returns: The attempt, and its position among all activities, from 1.
  /// - Throws: ``SandboxError`` with `stopped` if the sandbox ends before that, or `CancellationError` if cancelled.
  package func redeliver(
    _ attempt: SandboxCallbackAttempt
  ) async throws -> (attempt: SandboxCallbackAttempt, position: Int) {
    let before = activityCount
    courier.redeliver(attempt.callback, number: attempt.number + 1)
    return try await first { records in
      let news = records.activities.elements(after: before)
      for (index, activity) in news.enumerated() {
        guard case .attempt(let again) = activity, again.number == attempt.number + 1,
          again.callback == attempt.callback
        else { continue }
        return (again, records.activities.total - news.count + index + 1)
      }
      return nil
    }
  }
}
