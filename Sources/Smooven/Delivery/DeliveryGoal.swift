internal import SmoovenCallbacks

/// The condition that ends a single wait of the state machine.
package enum DeliveryGoal: Sendable, Hashable {
  /// The send is known to be accepted, or unclear for good.
  case acceptance
  /// A criterion over events.
  case delivered, opened, clicked, replied, answered
  /// The event at a position of the history. With `orFailure`, a failed notification ends the wait too.
  ///
  /// Every open wait holds a goal in several frames, and no history is as long as 32 bits can count.
  case event(at: Int32, orFailure: Bool)
  /// The stored delivery has another revision.
  case change(after: UInt32)
  /// Something outside the machine is done, see `DeliveryTracker.finish(_:for:)`.
  case operation

  /// Whether its wait ends with how the delivery ended.
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
