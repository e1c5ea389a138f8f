/// The condition that ends a wait.
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
  /// The recipient opened or read it, or did something that implies that.
  public static let opened = DeliveryCriterion(wrapped: .goal(.opened))
  /// The recipient clicked a link or an action.
  public static let clicked = DeliveryCriterion(wrapped: .goal(.clicked))
  /// The recipient replied.
  public static let replied = DeliveryCriterion(wrapped: .goal(.replied))

  /// The recipient answered, by a reply or by a click on a suggested one.
  public static let answered = DeliveryCriterion(wrapped: .goal(.answered))

  /// The first event for which the predicate is true, in arrival order.
  ///
  /// The predicate runs in the waiting task, once for each event and wait.
  public static func matching(_ predicate: @escaping @Sendable (CallbackEvent) -> Bool) -> DeliveryCriterion {
    DeliveryCriterion(wrapped: .predicate(predicate))
  }
}
