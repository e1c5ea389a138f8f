/// How a wait ended.
///
/// There are exactly these three. A cancelled caller gets `CancellationError`, a closed client
/// ``SmoovenError/Code/closed``.
public enum DeliveryOutcome: Sendable, Hashable {
  /// The event that met the wait's criterion: by default, the first that shows that the notification arrived.
  case delivered(CallbackEvent)
  /// The event that ended all hope. ``CallbackEvent/failure`` says why.
  case failed(CallbackEvent)
  /// Time ran out. What was known then is not a verdict: the notification may still arrive.
  case timedOut(lastKnown: DeliveryStatus)

  /// Whether this is ``delivered(_:)``.
  public var isDelivered: Bool {
    if case .delivered = self { true } else { false }
  }

  /// The event that settled the wait, or `nil` when time ran out.
  public var event: CallbackEvent? {
    switch self {
    case .delivered(let event), .failed(let event): event
    case .timedOut: nil
    }
  }
}

extension DeliveryOutcome {
  /// The outcome in snake case, as the command line and spans carry it.
  package var name: String {
    switch self {
    case .delivered: "delivered"
    case .failed: "failed"
    case .timedOut: "timed_out"
    }
  }
}
