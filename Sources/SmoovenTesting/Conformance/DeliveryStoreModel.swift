internal import Smooven
internal import SmoovenCallbacks
internal import SmoovenSupport

internal import struct Foundation.Date

/// The promises of `DeliveryStore` as a value: rows with versions, a log, and the keys that were seen.
///
/// Anything that is past its retention or was pruned may or may not exist. The model then learns from what the store
/// returns.
struct DeliveryStoreModel {
  struct Row {
    var delivery: StoredDelivery
    var version: Int64
  }

  struct Logged {
    let number: Int
    let callback: StoredCallback
    /// The pending rows that had the callback's token or one of its ids when it was appended.
    let rows: Set<DeliveryToken>
  }

  private struct Key: Hashable {
    let endpoint: String
    let key: String

    init(_ event: CallbackEvent) { (endpoint, key) = (event.endpoint, event.deduplicationKey) }
  }

  /// The number of latest callbacks that are kept for deliveries that may be inserted later.
  private static let recent = 500

  private(set) var rows: [DeliveryToken: Row] = [:]
  private var byKey: [String: DeliveryToken] = [:]
  private var log: [Int: Logged] = [:]
  private var byToken: [DeliveryToken: [Int]] = [:]
  private var byID: [String: [Int]] = [:]
  private var seen: [Key: Date] = [:]
  private var lastNumber = 0
  private var oldestNumber = 1
  private(set) var pruned = Date.distantPast
  private let retention: Double
  private let keyRetention: Double
  private(set) var now: Date

  init(now: Date, retention: Duration, keyRetention: Duration) {
    self.now = now
    self.retention = retention.inSeconds
    self.keyRetention = keyRetention.inSeconds
  }

  /// Moves time forward, and forgets what is long past every retention, so that the memory of a test doesn't grow with
  /// its length.
  ///
  /// It forgets only here, because what was chosen within a step to be appended again must still be known.
  mutating func advance(by seconds: Double) {
    now.addTimeInterval(seconds)
    forget()
  }

  // MARK: Deliveries

  /// Returns whether a delivery must exist.
  func isKept(_ delivery: StoredDelivery) -> Bool {
    if let wanted = delivery.wantedUntil, wanted >= now { return true }
    return now.timeIntervalSince(delivery.openedAt) <= retention
      && (delivery.isPending || delivery.openedAt >= pruned)
  }

  func token(key: String) -> DeliveryToken? { byKey[key] }

  mutating func put(_ delivery: StoredDelivery, version: Int64) {
    rows[delivery.token] = Row(delivery: delivery, version: version)
    if let key = delivery.idempotencyKey { byKey[key] = delivery.token }
  }

  mutating func remove(_ token: DeliveryToken) {
    guard let key = rows.removeValue(forKey: token)?.delivery.idempotencyKey, byKey[key] == token else {
      return
    }
    byKey[key] = nil
  }

  /// Returns whether a store may return a row for a delivery, and if it may, learns what the store added to the row.
  mutating func accepts(_ loaded: VersionedDelivery) -> Bool {
    guard let row = rows[loaded.delivery.token] else { return false }
    // A store may add the events that decide, and nothing else.
    var expected = row.delivery
    let milestones = loaded.delivery.milestones
    guard milestones.starts(with: expected.milestones) else { return false }
    expected.milestones = milestones
    guard loaded.delivery == expected, milestones == row.delivery.milestones || loaded.version != row.version
    else {
      return false
    }
    rows[loaded.delivery.token] = Row(delivery: loaded.delivery, version: loaded.version)
    return true
  }

  /// Returns whether these are the pending deliveries, in order, with all that must exist and none that must not.
  mutating func accepts(pending: [VersionedDelivery]) -> Bool {
    let open = rows.values.map(\.delivery).filter(\.isPending).sorted {
      PendingCursor($0) < PendingCursor($1)
    }
    var rest = pending[...]
    for delivery in open {
      if let first = rest.first, first.delivery.token == delivery.token {
        guard accepts(first) else { return false }
        rest.removeFirst()
      } else if isKept(delivery) {
        return false
      } else {
        remove(delivery.token)
      }
    }
    return rest.isEmpty
  }

  // MARK: Callbacks

  /// Returns whether a store may return this result for a callback.
  mutating func append(_ callback: StoredCallback, _ result: AppendResult) -> Bool {
    let event = callback.event
    let key = Key(event)
    let isRemembered = seen[key].map { now.timeIntervalSince($0) <= keyRetention } ?? false
    let isOld = now.timeIntervalSince(event.signedAt ?? seen[key] ?? now) > keyRetention
    switch result {
    case .duplicate: return isRemembered || isOld
    case .tooOld: return isOld
    case .stored: if isRemembered { return false }
    }
    seen[key] = event.signedAt ?? now
    lastNumber += 1
    let open = rows.values.map(\.delivery).filter { delivery in
      delivery.isPending && delivery.group == event.group
        && (delivery.token == callback.token || event.correlationIDs.contains(where: delivery.ids.contains))
    }
    log[lastNumber] = Logged(number: lastNumber, callback: callback, rows: Set(open.map(\.token)))
    if let token = callback.token { byToken[token, default: []].append(lastNumber) }
    for id in Set(event.correlationIDs) { byID[id, default: []].append(lastNumber) }
    return true
  }

  /// Returns whether a callback of the log must exist, in every lookup that it matches.
  func isKept(_ callback: StoredCallback) -> Bool {
    callback.receivedAt >= pruned && now.timeIntervalSince(callback.receivedAt) <= retention
  }

  /// Returns whether these are the callbacks of a row, in order, with all that must exist and none that must not.
  func accepts(_ found: [StoredCallback], of delivery: StoredDelivery) -> Bool {
    let lookup = CallbackLookup(group: delivery.group, token: delivery.token, ids: delivery.ids)
    let numbers = Set((byToken[delivery.token] ?? []) + delivery.ids.flatMap { byID[$0] ?? [] }).sorted()
    let ownership = EventOwnership(delivery)
    var rest = found[...]
    for logged in numbers.compactMap({ log[$0] }) where lookup.matches(logged.callback) {
      let event = logged.callback.event
      if rest.first == logged.callback {
        rest.removeFirst()
        continue
      }
      let isRowsOwn = logged.rows.contains(delivery.token)
      let mustBeThere = isRowsOwn || lastNumber - logged.number < Self.recent
      if mustBeThere, delivery.isPending, isKept(logged.callback) { return false }
      // Deciding events are in the log or in the row.
      guard isRowsOwn, event.kind.isTerminal, ownership.owns(event, token: logged.callback.token) else {
        continue
      }
      let isCovered = (delivery.milestones + found.map(\.event)).contains { other in
        other.kind == event.kind && (event.kind != .failed || other.channel == event.channel)
      }
      if !isCovered { return false }
    }
    return rest.isEmpty
  }

  mutating func prune(before date: Date) { pruned = max(pruned, date) }

  /// Returns a callback that was appended before, chosen by a number.
  func previous(_ choice: UInt64) -> StoredCallback? {
    guard lastNumber >= oldestNumber else { return nil }
    return log[oldestNumber + Int(choice % UInt64(lastNumber - oldestNumber + 1))]?.callback
  }

  private mutating func forget() {
    let limit = now.addingTimeInterval(-1.5 * max(retention, keyRetention))
    while let oldest = log[oldestNumber], oldest.callback.receivedAt < limit {
      log[oldestNumber] = nil
      oldestNumber += 1
      let event = oldest.callback.event
      if let at = seen[Key(event)], at < limit { seen[Key(event)] = nil }
      if let token = oldest.callback.token { drop(oldest.number, from: &byToken[token]) }
      for id in event.correlationIDs { drop(oldest.number, from: &byID[id]) }
    }
  }

  private func drop(_ number: Int, from numbers: inout [Int]?) {
    numbers?.removeAll { $0 == number }
    if numbers?.isEmpty == true { numbers = nil }
  }
}
