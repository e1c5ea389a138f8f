package import SmoovenCallbacks

// Which slots get an event, and the consequences.
extension DeliveryStateMachine {
  /// Returns whether there's room for an event.
  ///
  /// If there isn't, the event must not be stored either, and its sender retries.
  package func admits(_ event: CallbackEvent, token: DeliveryToken?) -> Bool {
    var admitted: Admitted?
    return admits(event, token, after: &admitted)
  }

  /// Whether there is room for all of several callbacks.
  package func admits(_ callbacks: [StoredCallback]) -> Bool {
    var admitted: Admitted? = Admitted()
    return callbacks.allSatisfy { admits($0.event, $0.token, after: &admitted) }
  }

  /// The events that were admitted before, and take room soon.
  private struct Admitted {
    var early: [String: Int] = [:]
    var slots: [DeliveryToken: Int] = [:]
  }

  private func admits(
    _ event: CallbackEvent,
    _ token: DeliveryToken?,
    after admitted: inout Admitted?
  ) -> Bool {
    if isClosed { return false }
    let getters = getters(of: event, token)
    if getters.isEmpty {
      guard keepsEarly(event, token) else { return true }
      let before = admitted?.early[event.group] ?? 0
      admitted?.early[event.group] = before + 1
      return early.hasRoom(for: before + 1, in: event.group)
    }
    return getters.allSatisfy { slot in
      let before = admitted?.slots[slot.token] ?? 0
      admitted?.slots[slot.token] = before + 1
      return slot.eventCount + before < limits.maximumEventsPerNotification
    }
  }

  /// Returns the events of a status response that are new to a slot.
  ///
  /// If the slot doesn't exist here, all of them may be new.
  package func news(among events: [CallbackEvent], for token: DeliveryToken) -> [CallbackEvent] {
    guard let slot = slots[token] else { return events }
    return events.filter(slot.isNews)
  }

  /// Delivers a verified event to all slots that get it.
  ///
  /// A duplicate is still new to a slot that hasn't seen it. An event that no slot here gets may belong to another
  /// process. If a slot is catching up, an event that isn't replayed for it waits until it has caught up.
  package mutating func deliver(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    isDuplicate: Bool = false,
    isElsewhere: Bool = false,
    replayedFor: DeliveryToken? = nil,
    now: Duration
  ) -> Changes {
    var changes = Changes()
    let getters = getters(of: event, token)
    if !getters.isEmpty {
      let unaware = getters.filter { !$0.hasSeen(event) }
      for slot in unaware {
        let hasToken = slot.token == token
        if slot.token != replayedFor, slot.hold(event, hasToken: hasToken) { continue }
        record(event, hasToken: hasToken, in: slot, now: now, into: &changes)
      }
      changes.disposition = unaware.isEmpty ? .duplicate : .matched
    } else if isDuplicate {
      changes.disposition = .duplicate
    } else if isElsewhere {
      changes.disposition = .elsewhere
    } else if keepsEarly(event, token), let isNew = early.insert(event, token: token, now: now) {
      changes.disposition = isNew ? .early : .duplicate
    } else {
      changes.unmatched.append(event)
      changes.disposition = token.map { slots[$0] == nil ? .late : .mismatched } ?? .unmatched
    }
    return changes
  }

  /// Ends a slot's catching up, after which the events that arrived in the meantime are recorded.
  package mutating func finishCatchingUp(_ token: DeliveryToken, now: Duration) -> Changes {
    var changes = Changes()
    guard let slot = slots[token] else { return changes }
    for entry in slot.releaseHeld() where !slot.hasSeen(entry.event) {
      guard slot.owns(entry.event, token: entry.hasToken ? token : nil) else { continue }
      record(entry.event, hasToken: entry.hasToken, in: slot, now: now, into: &changes)
    }
    return changes
  }

  /// Returns the slots that get an event, by the one rule of ``EventOwnership``.
  func getters(of event: CallbackEvent, _ token: DeliveryToken?) -> SlotList<Slot> {
    candidates(event, token).filter { $0.owns(event, token: token) }
  }

  func candidates(_ event: CallbackEvent, _ token: DeliveryToken?) -> SlotList<Slot> {
    var candidates = SlotList<Slot>()
    // A listener for which nothing waits looks up nothing.
    if slots.isEmpty { return candidates }
    if let token, let slot = slots[token] { candidates.add(slot) }
    for id in event.correlationIDs { owners.add(slotsOf: id, in: event.group, to: &candidates) }
    for id in event.conversationIDs { owners.add(slotsOf: id, in: event.group, to: &candidates) }
    return candidates
  }

  /// Returns whether a wait may still claim an event that no slot gets.
  private func keepsEarly(_ event: CallbackEvent, _ token: DeliveryToken?) -> Bool {
    guard !isClosed, token == nil, event.hasIDs else { return false }
    switch limits.earlyEvents {
    case .always: return true
    case .whileSending: return unbound[event.group] != nil
    default: return false
    }
  }

  // MARK: Ids

  mutating func accept(
    _ id: String,
    _ slot: Slot,
    now: Duration,
    into changes: inout Changes
  ) {
    let wasUnbound = slot.isUnbound
    let former = slot.ownership.ids
    let (isNew, foreign) = slot.accept(id, now: now)
    changes.unmatched += foreign
    if case .failing(let grace?) = slot.state {
      deadlines.insert(.init(deadline: grace, token: slot.token, waitID: DeadlineQueue.Entry.grace))
    }
    for old in former where !slot.ownership.ids.contains(old) {
      owners.remove(slot, of: old, in: slot.group)
    }
    countUnbound(slot, wasUnbound: wasUnbound, isUnbound: slot.isUnbound)
    if isNew || !former.contains(id) {
      own(id, slot, now: now, into: &changes)
    }
    settle(slot, into: &changes)
  }

  /// Adds an id to a slot, and copies earlier events with that id to it.
  mutating func own(
    _ id: String,
    _ slot: Slot,
    now: Duration,
    into changes: inout Changes
  ) {
    var known: [(event: CallbackEvent, token: DeliveryToken?)] = []
    for other in owners.add(slot, of: id, in: slot.group) {
      for entry in other.history
      where entry.event.correlationIDs.contains(id) || entry.event.conversationIDs.contains(id) {
        known.append((entry.event, entry.hasToken ? other.token : nil))
      }
    }
    for entry in early.claim(id, in: slot.group) { known.append((entry.event, entry.token)) }
    for (event, itsToken) in known where !slot.hasSeen(event) && slot.owns(event, token: itsToken) {
      record(event, hasToken: itsToken == slot.token, in: slot, now: now, into: &changes)
    }
  }

  private mutating func record(
    _ event: CallbackEvent,
    hasToken: Bool,
    in slot: Slot,
    now: Duration,
    into changes: inout Changes
  ) {
    let wasUnbound = slot.isUnbound
    let (learned, grace) = slot.record(event, hasToken: hasToken, now: now)
    countUnbound(slot, wasUnbound: wasUnbound, isUnbound: slot.isUnbound)
    if let grace {
      deadlines.insert(.init(deadline: grace, token: slot.token, waitID: DeadlineQueue.Entry.grace))
    }
    settle(slot, into: &changes)
    if !slot.isPrivate {
      for id in learned { own(id, slot, now: now, into: &changes) }
    }
  }
}
