internal import SmoovenCallbacks

/// The condition that ends a single wait of the state machine.
package enum DeliveryGoal: Sendable, Hashable {
  /// The send is known to be accepted, or permanently unclear.
  case acceptance
  /// A criterion over events.
  case delivered, opened, clicked, replied, answered
  /// The event at a position in the history. With `orFailure`, a failed notification ends the wait too.
  ///
  /// The position has 32 bits because every open wait keeps its goal in several frames, and no history is longer than
  /// that.
  case event(at: Int32, orFailure: Bool)
  /// The stored delivery has another revision.
  case change(after: UInt32)
  /// An operation outside the machine has ended (see ``SlotLease/bounded(by:cancelsLate:_:)``).
  case operation

  /// Whether a wait for this goal ends with the outcome of the delivery.
  var isOutcome: Bool {
    switch self {
    case .delivered, .opened, .clicked, .replied, .answered, .event(_, orFailure: true): true
    case .acceptance, .event, .change, .operation: false
    }
  }

  func isMet(by kind: CallbackEvent.Kind) -> Bool {
    switch self {
    case .delivered: kind.impliesDelivery
    case .opened: kind == .opened || kind == .read || kind == .clicked || kind == .replied
    case .clicked: kind == .clicked
    case .replied: kind == .replied
    case .answered: kind == .replied || kind == .clicked
    case .acceptance, .event, .change, .operation: false
    }
  }
}
