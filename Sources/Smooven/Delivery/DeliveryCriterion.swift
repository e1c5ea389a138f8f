/// What a wait waits for.
///
/// Whatever the criterion, a failure of the notification ends the wait.
public struct DeliveryCriterion: Sendable {
  enum Wrapped: Sendable {
    case goal(DeliveryGoal)
    case predicate(@Sendable (CallbackEvent) -> Bool)
  }

  let wrapped: Wrapped

  /// The notification arrived: delivered, or anything that implies it.
  ///
  /// The default.
  public static let delivered = DeliveryCriterion(wrapped: .goal(.delivered))
  /// The recipient opened or read it, or did what implies that.
  public static let opened = DeliveryCriterion(wrapped: .goal(.opened))
  /// The recipient clicked a link or an action.
  public static let clicked = DeliveryCriterion(wrapped: .goal(.clicked))
  /// The recipient answered.
  public static let replied = DeliveryCriterion(wrapped: .goal(.replied))

  /// The recipient answered, by a reply or by a click on a suggested one.
  public static let answered = DeliveryCriterion(wrapped: .goal(.answered))

  /// The first event for which the predicate is true, in the order of arrival.
  ///
  /// The predicate runs in the waiting task, once for each event.
  public static func matching(_ predicate: @escaping @Sendable (CallbackEvent) -> Bool) -> DeliveryCriterion {
    DeliveryCriterion(wrapped: .predicate(predicate))
  }
}

/// What a single wait of the state machine waits for.
package enum DeliveryGoal: Sendable, Hashable {
  /// The send is known to be accepted, or unclear for good.
  case acceptance
  /// A criterion over events.
  case delivered, opened, clicked, replied, answered
  /// The event at a position of the history. With `orFailure`, a failed notification ends the wait too.
  ///
  /// Every open wait holds a goal in several frames, and no history is as long as 32 bits can count.
  case event(at: Int32, orFailure: Bool)

  func isMet(by kind: CallbackEvent.Kind) -> Bool {
    switch self {
    case .delivered: kind.impliesDelivery
    case .opened: kind == .opened || kind == .read || kind == .clicked || kind == .replied
    case .clicked: kind == .clicked
    case .replied: kind == .replied
    case .answered: kind == .replied || kind == .clicked
    case .acceptance, .event: false
    }
  }
}
