public import SmoovenCallbacks

/// How a delivery ended, once that can no longer change.
///
/// A timeout isn't a verdict, and neither is the criterion of one wait: each wait computes its result from the stored
/// events, see ``DeliveryCriterion``.
public enum DeliveryVerdict: Sendable, Hashable, Codable {
  /// The first event that shows that the notification arrived.
  case delivered(CallbackEvent)
  /// The event after which it can't arrive anymore.
  case failed(CallbackEvent)

  /// The event that decided.
  public var event: CallbackEvent {
    switch self {
    case .delivered(let event), .failed(let event): event
    }
  }
}
