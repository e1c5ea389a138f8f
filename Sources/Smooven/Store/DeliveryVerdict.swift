public import SmoovenCallbacks

/// The final result of a delivery, once it can no longer change.
///
/// A timeout isn't a verdict, and neither is the criterion of one wait. Each wait computes its result from the stored
/// events (see ``DeliveryCriterion``).
public enum DeliveryVerdict: Sendable, Hashable, Codable {
  /// The first event that shows that the notification arrived.
  case delivered(CallbackEvent)
  /// The event after which it can't arrive anymore.
  case failed(CallbackEvent)

  /// The deciding event.
  public var event: CallbackEvent {
    switch self {
    case .delivered(let event), .failed(let event): event
    }
  }
}
