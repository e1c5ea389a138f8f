package import Smooven

extension EscalationScene {
  /// An escalation with two hours of time that begins at 06:00.
  ///
  /// Its first step may begin at 07:00, and the second one is due 10 minutes later.
  package static let held = EscalationPolicy(
    [
      .notify(
        .user("sarah", "Down"),
        advanceAfter: .seconds(600),
        until: .delivered,
        during: EscalationHours(from: "07:00", to: "23:00", timeZone: "UTC", otherwise: .hold)
      ),
      .notify(.user("bob", "Down"), advanceAfter: .seconds(600), until: .delivered),
    ],
    deadline: .seconds(7_200)
  )

  /// Runs an escalation that is held in one process for 5 minutes, and in another one from minute 50 to its end.
  ///
  /// - Parameters:
  ///   - first: The store of the first process.
  ///   - second: A closure that opens the store of the second process.
  /// - Returns: The result that the second process got.
  /// - Throws: Any error of the escalation, or that the closure throws.
  package func restartedWhileHeld(
    _ first: any DeliveryStore,
    _ second: () async throws -> any DeliveryStore
  ) async throws -> EscalationResult {
    try await interrupted(on: first) { _, clock in await pass(clock, minutes: 5, every: 1) }
    pass(minutes: 45)
    return try await finished(on: try await second()) { _, clock, _ in
      await pass(clock, minutes: 10, every: 1)
      // Until the second step, and the rest of the two hours.
      try await pass(clock, minutes: 10, 50)
    }
  }
}
