public import SmoovenCallbacks

/// How a wait ended.
///
/// There are exactly these three. A cancelled caller gets `CancellationError`, a closed client
/// ``SmoovenError/Code/closed``.
public enum DeliveryOutcome: Sendable, Hashable {
  /// The event that met the wait's criterion: by default, the first that shows that the notification arrived.
  case delivered(CallbackEvent)
  /// The event that made delivery impossible. ``CallbackEvent/failure`` says why.
  case failed(CallbackEvent)
  /// Time ran out. This isn't a verdict: the notification may still arrive.
  ///
  /// `lastKnown` is how far it is known to have come. `failedChannels` are the channels that failed while another might
  /// still deliver, with the reasons.
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
  /// The outcome in snake case, as the command line and spans carry it.
  package var name: String {
    switch self {
    case .delivered: "delivered"
    case .failed: "failed"
    case .timedOut: "timed_out"
    }
  }
}
