package import SmoovenCallbacks

/// Who gets an event: the one rule, used by open waits and for stored deliveries alike.
///
/// Within its group, an event goes to the holder of its token, unless none of its ids is one under which that was
/// accepted; to all that asked for one of its ids, or were accepted under it; and to all that learned its first id. An
/// id is learned from an event that came by token or by an id that was asked for or accepted: never from one that came
/// by a learned id, and never the id of a conversation, which several notifications share.
package struct EventOwnership: Sendable {
  package let group: String
  package let token: DeliveryToken?
  /// The ids that a wait was opened for.
  package let asked: [String]
  /// The ids under which Smooven accepted the notification.
  package private(set) var accepted: [String]
  /// The ids of events that it got.
  package private(set) var learned: [String] = []

  package init(group: String, token: DeliveryToken?, asked: [String] = [], accepted: [String] = []) {
    self.group = group
    self.token = token
    self.asked = asked
    self.accepted = accepted
  }

  /// The rule for a stored delivery.
  package init(_ delivery: StoredDelivery) {
    self.init(group: delivery.group, token: delivery.token, accepted: delivery.ids)
    // Of events that the log has forgotten, these are left.
    for event in delivery.milestones { _ = learn(from: event, token: delivery.token) }
  }

  /// Whether no id is known yet.
  package var isUnbound: Bool { asked.isEmpty && accepted.isEmpty && learned.isEmpty }
  /// Every id by which it may get an event.
  package var ids: [String] {
    asked + accepted.filter { !asked.contains($0) }
      + learned.filter { !asked.contains($0) && !accepted.contains($0) }
  }

  /// Whether an event is among its own.
  package func owns(_ event: CallbackEvent, token: DeliveryToken?) -> Bool {
    guard event.group == group else { return false }
    return isDirect(event, token) || event.correlationIDs.first.map(learned.contains) == true
  }

  /// Gets an event, and learns its ids.
  ///
  /// - Returns: The ids that are new.
  package mutating func learn(from event: CallbackEvent, token: DeliveryToken?) -> [String] {
    guard event.group == group, isDirect(event, token) else { return [] }
    let new = event.correlationIDs.filter { !knows($0) }
    for (index, id) in new.enumerated() where !new[..<index].contains(id) { learned.append(id) }
    return new
  }

  /// Adds an id under which it was accepted.
  ///
  /// - Returns: Whether it wasn't known before in any way.
  package mutating func accept(_ id: String) -> Bool {
    guard !accepted.contains(id) else { return false }
    let isNew = !knows(id)
    accepted.append(id)
    return isNew
  }

  /// Forgets what it learned, to compute it anew from the events that are its own.
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
