public import SmoovenCallbacks

/// The result of a wait.
///
/// There are exactly three outcomes. A cancelled caller gets `CancellationError`, and if the client closes, the caller
/// gets ``SmoovenError/Code/closed``.
public enum DeliveryOutcome: Sendable, Hashable {
  /// The event that met the wait's criterion, which by default is the first that shows that the notification arrived.
  case delivered(CallbackEvent)
  /// The event that made delivery impossible. ``CallbackEvent/failure`` says why.
  case failed(CallbackEvent)
  /// Time ran out, which isn't a verdict, because the notification may still arrive.
  ///
  /// `lastKnown` is the furthest status that the notification is known to have reached. `failedChannels` are the
  /// channels that failed while another one may still deliver, with the reasons.
  case timedOut(lastKnown: DeliveryStatus, failedChannels: [FailedChannel] = [])

  /// Whether this is ``delivered(_:)``.
  public var isDelivered: Bool {
    if case .delivered = self { true } else { false }
  }

  /// The event that settled the wait, or `nil` if time ran out.
  public var event: CallbackEvent? {
    switch self {
    case .delivered(let event), .failed(let event): event
    case .timedOut: nil
    }
  }
}

extension DeliveryOutcome {
  /// The outcome in snake case, as the command line and spans report it.
  package var name: String {
    switch self {
    case .delivered: "delivered"
    case .failed: "failed"
    case .timedOut: "timed_out"
    }
  }
}
