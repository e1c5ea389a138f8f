/// The condition that ends a wait.
///
/// A failure of the notification ends the wait, whatever the criterion.
public struct DeliveryCriterion: Sendable {
  enum Wrapped: Sendable {
    case goal(DeliveryGoal)
    case predicate(@Sendable (CallbackEvent) -> Bool)
  }

  let wrapped: Wrapped

  /// The notification was delivered, or anything that implies delivery.
  ///
  /// This is the default.
  public static let delivered = DeliveryCriterion(wrapped: .goal(.delivered))
  /// The recipient opened or read the notification, or did something that implies that.
  public static let opened = DeliveryCriterion(wrapped: .goal(.opened))
  /// The recipient clicked a link or an action.
  public static let clicked = DeliveryCriterion(wrapped: .goal(.clicked))
  /// The recipient replied.
  public static let replied = DeliveryCriterion(wrapped: .goal(.replied))

  /// The recipient answered, either with a reply or by clicking a suggested one.
  public static let answered = DeliveryCriterion(wrapped: .goal(.answered))

  /// Returns the criterion that the first event meets for which a predicate is true, in arrival order.
  ///
  /// The predicate runs in the waiting task, once per event and wait.
  public static func matching(_ predicate: @escaping @Sendable (CallbackEvent) -> Bool) -> DeliveryCriterion {
    DeliveryCriterion(wrapped: .predicate(predicate))
  }

  /// Whether an event alone meets it.
  func isMet(by event: CallbackEvent) -> Bool {
    switch wrapped {
    case .goal(let goal): goal.isMet(by: event.kind)
    case .predicate(let isMet): isMet(event)
    }
  }
}
