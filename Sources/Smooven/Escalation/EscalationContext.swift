internal import SmoovenCallbacks

/// The values that are passed to the code of a step.
public struct EscalationContext: Sendable {
  /// The idempotency key of this step of this escalation.
  ///
  /// Use it as the idempotency key for everything the code does, because the code may run again after a restart.
  public let idempotencyKey: String
  /// The remaining time of the whole escalation.
  public let timeLeft: Duration
  /// The client.
  public let client: SmoovenClient
}

/// The code of a step.
///
/// It returns how its own wait ended, as ``CallbackReceiver/expect(_:publicURL:timeout:until:_:)`` does. If that is
/// delivered, the step wins. If it's failed, the next step begins. If it's timed out, neither happens.
public typealias EscalationRun = @Sendable (EscalationContext) async throws -> DeliveryOutcome
