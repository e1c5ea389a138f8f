internal import SmoovenCallbacks

/// What the code of a step is given.
public struct EscalationContext: Sendable {
  /// The name of this step of this escalation.
  ///
  /// Use it as the idempotency key of what the code does, because the code may run again after a restart.
  public let idempotencyKey: String
  /// The time that is left of the whole escalation.
  public let timeLeft: Duration
  /// The client.
  public let client: SmoovenClient
}

/// The code of a step.
///
/// It returns how its own wait ended, as ``CallbackReceiver/expect(_:publicURL:timeout:until:_:)`` does: delivered wins,
/// failed lets the next step begin, and timed out does neither.
public typealias EscalationRun = @Sendable (EscalationContext) async throws -> DeliveryOutcome
