package import SmoovenCallbacks

/// The rule for which slots and stored deliveries get an event.
///
/// Within its group, an event goes to these owners:
///
/// - The holder of its token, unless the event has ids and none of them is one under which the holder was accepted.
/// - All owners that asked for one of its ids, or were accepted under one.
/// - All owners that learned its first id.
///
/// An owner learns ids from events that arrived by token, or by an id that was asked for or accepted. It never learns
/// them from an event that arrived by a learned id, and it never learns the id of a conversation, which several
/// notifications share.
package struct EventOwnership: Sendable {
  package let group: String
  package let token: DeliveryToken
  /// The ids for which a wait was opened.
  package let asked: [String]
  /// The ids under which Smooven accepted the notification.
  package private(set) var accepted: [String]
  /// The ids learned from events.
  package private(set) var learned: [String] = []

  package init(group: String, token: DeliveryToken, asked: [String] = [], accepted: [String] = []) {
    self.group = group
    self.token = token
    self.asked = asked
    self.accepted = accepted
  }

  /// Creates the ownership of a stored delivery.
  package init(_ delivery: StoredDelivery) {
    self.init(group: delivery.group, token: delivery.token, accepted: delivery.ids)
    // The milestones are all that is left of events that the log has forgotten.
    for event in delivery.milestones { _ = learn(from: event, token: delivery.token) }
  }

  /// Whether no id is known yet.
  package var isUnbound: Bool { asked.isEmpty && accepted.isEmpty && learned.isEmpty }
  /// Every id by which the owner may get an event.
  package var ids: [String] {
    if accepted.isEmpty, learned.isEmpty { return asked }
    return asked + accepted.filter { !asked.contains($0) }
      + learned.filter { !asked.contains($0) && !accepted.contains($0) }
  }

  /// Returns whether an event belongs to this owner.
  package func owns(_ event: CallbackEvent, token: DeliveryToken?) -> Bool {
    guard event.group == group else { return false }
    return isDirect(event, token) || event.correlationIDs.first.map(learned.contains) == true
  }

  /// Learns the ids of an event that belongs to this owner.
  ///
  /// - Returns: The ids that are new.
  package mutating func learn(from event: CallbackEvent, token: DeliveryToken?) -> [String] {
    guard event.group == group, isDirect(event, token) else { return [] }
    let new = event.correlationIDs.filter { !knows($0) }
    for (index, id) in new.enumerated() where !new[..<index].contains(id) { learned.append(id) }
    return new
  }

  /// Adds an id under which the notification was accepted.
  ///
  /// - Returns: Whether the id wasn't known in any way before.
  package mutating func accept(_ id: String) -> Bool {
    guard !accepted.contains(id) else { return false }
    let isNew = !knows(id)
    accepted.append(id)
    return isNew
  }

  /// Discards the learned ids, so that they can be recomputed from the owner's events.
  package mutating func forgetLearned() { learned = [] }

  private func knows(_ id: String) -> Bool {
    asked.contains(id) || accepted.contains(id) || learned.contains(id)
  }

  private func isDirect(_ event: CallbackEvent, _ token: DeliveryToken?) -> Bool {
    if let token, token == self.token, !contradicts(event) { return true }
    let isMine = { (id: String) in asked.contains(id) || accepted.contains(id) }
    return event.correlationIDs.contains(where: isMine) || event.conversationIDs.contains(where: isMine)
  }

  private func contradicts(_ event: CallbackEvent) -> Bool {
    !accepted.isEmpty && !event.correlationIDs.isEmpty
      && !event.correlationIDs.contains(where: accepted.contains)
  }
}
