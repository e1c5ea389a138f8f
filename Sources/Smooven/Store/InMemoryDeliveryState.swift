internal import DequeModule
internal import SmoovenCallbacks

internal import struct Foundation.Date

/// The contents of an in-memory store, without its lock.
struct InMemoryDeliveryState {
  struct Row {
    var delivery: StoredDelivery
    var version: Int64
    /// The date from which the row's retention counts.
    let keptFrom: Date
    /// The callbacks that have its token or one of its ids, while its verdict is open.
    var events: [StoredEvent] = []
  }

  private struct ID: Hashable {
    let group: String
    let id: String
  }

  private(set) var rows: [DeliveryToken: Row] = [:]
  private var byKey: [String: DeliveryToken] = [:]
  private var byID: [ID: [DeliveryToken]] = [:]
  // Callbacks with a token or an id that no row has yet. Nearly none of them is ever asked for, so they have no index.
  private var others: Deque<StoredEvent> = []
  private let othersLimit: Int
  private var lastNumber: Int64 = 0
  // The number of callbacks that are kept with rows. A callback that several rows have counts once for each row.
  private var keptCount = 0

  init(othersLimit: Int) {
    self.othersLimit = othersLimit
  }

  var callbackCount: Int { others.count + keptCount }

  // MARK: Deliveries

  func row(_ lookup: DeliveryLookup) -> Row? {
    switch lookup {
    case .token(let token): rows[token]
    case .idempotencyKey(let key): byKey[key].flatMap { rows[$0] }
    case .id(let id, let group):
      byID[ID(group: group, id: id)]?.lazy.compactMap { rows[$0] }
        .max { PendingCursor($0.delivery) < PendingCursor($1.delivery) }
    }
  }

  /// Inserts a row, or returns the existing one if its key or token exists.
  mutating func insert(_ delivery: StoredDelivery, keptFrom: Date) -> (row: Row, isNew: Bool) {
    if let existing = delivery.idempotencyKey.flatMap({ self.row(.idempotencyKey($0)) })
      ?? rows[delivery.token]
    {
      return (existing, false)
    }
    let row = Row(delivery: delivery, version: 1, keptFrom: keptFrom)
    rows[delivery.token] = row
    if let key = delivery.idempotencyKey { byKey[key] = delivery.token }
    index(delivery.ids[...], of: delivery)
    return (row, true)
  }

  /// Replaces a row if its version is unchanged, and returns its new version.
  mutating func replace(_ delivery: StoredDelivery, version: Int64) -> Int64? {
    guard let row = rows[delivery.token], row.version == version else { return nil }
    rows[delivery.token]?.delivery = delivery
    rows[delivery.token]?.version += 1
    if delivery.ids.count > row.delivery.ids.count {
      index(delivery.ids.dropFirst(row.delivery.ids.count), of: delivery)
    }
    if !delivery.isPending, !row.events.isEmpty {
      rows[delivery.token]?.events = []
      keptCount -= row.events.count
      for event in row.events { _ = rows[delivery.token]?.delivery.keep(event.callback) }
    }
    return version + 1
  }

  mutating func remove(_ token: DeliveryToken) {
    guard let row = rows.removeValue(forKey: token) else { return }
    let delivery = row.delivery
    keptCount -= row.events.count
    if let key = delivery.idempotencyKey { byKey[key] = nil }
    for id in delivery.ids {
      let id = ID(group: delivery.group, id: id)
      byID[id]?.removeAll { $0 == token }
      if byID[id]?.isEmpty == true { byID[id] = nil }
    }
  }

  private mutating func index(_ ids: ArraySlice<String>, of delivery: StoredDelivery) {
    for id in ids { byID[ID(group: delivery.group, id: id), default: []].append(delivery.token) }
  }

  // MARK: Callbacks

  /// Keeps a callback with the rows that it may belong to, or for a row that may be inserted later.
  ///
  /// - Returns: The callback with its place.
  mutating func append(_ callback: StoredCallback) -> StoredEvent {
    lastNumber += 1
    let stored = StoredEvent(cursor: EventCursor(rawValue: lastNumber), callback: callback)
    let event = callback.event
    // A listener for which nothing is sent looks up nothing.
    if rows.isEmpty, othersLimit == 0 { return stored }
    var owners: [DeliveryToken] = []
    // Whether it can be looked up by something that no row has.
    var isUnclaimed = !event.conversationIDs.isEmpty
    if let token = callback.token {
      if rows[token]?.delivery.group == event.group { owners = [token] } else { isUnclaimed = true }
    }
    for id in event.correlationIDs {
      let found = byID[ID(group: event.group, id: id)] ?? []
      if found.isEmpty { isUnclaimed = true }
      for token in found where !owners.contains(token) { owners.append(token) }
    }
    for token in owners { keep(stored, with: token) }
    // Kept even if a row has it, because the delivery that will be accepted under another of its ids may be a different
    // one.
    if isUnclaimed, othersLimit > 0 {
      if others.count >= othersLimit { others.removeFirst() }
      others.append(stored)
    }
    return stored
  }

  private mutating func keep(_ stored: StoredEvent, with token: DeliveryToken) {
    guard let row = rows[token] else { return }
    if row.delivery.isPending {
      rows[token]?.events.append(stored)
      keptCount += 1
    } else if rows[token]?.delivery.keep(stored.callback) == true {
      rows[token]?.version += 1
    }
  }

  func callbacks(matching lookup: CallbackLookup) -> [StoredEvent] {
    var tokens = lookup.ids.flatMap { byID[ID(group: lookup.group, id: $0)] ?? [] }
    if let token = lookup.token { tokens.append(token) }
    var found: [EventCursor: StoredEvent] = [:]
    for stored in tokens.flatMap({ rows[$0]?.events ?? [] }) + others where lookup.matches(stored.callback) {
      found[stored.cursor] = stored
    }
    return found.values.sorted { $0.cursor < $1.cursor }
  }

  /// Removes the callbacks that arrived before a date and belong to no pending row, and returns their number.
  mutating func forgetCallbacks(before date: Date) -> Int {
    let before = others.count
    while let oldest = others.first, oldest.callback.receivedAt < date { others.removeFirst() }
    return before - others.count
  }
}
