#if PostgresSupport
internal import Smooven

/// The keys that this replica is interested in, in the form of the database's rows.
struct ReplicaInterests: Sendable {
  private struct Entry {
    var watchedAt: ContinuousClock.Instant
    var isCommitted: Bool
    /// The hash by which a notification identifies the delivery, if the key is that of a delivery.
    var hash: Int64?
  }

  /// The key of every event, for readers of the log.
  ///
  /// The hash of a token or an id is unlikely to be the same.
  static let logKey = Int64.min + 1

  private var entries: [Int64: Entry] = [:]
  private var tokens: [Int64: DeliveryToken] = [:]

  var keys: [Int64] { Array(entries.keys) }
  /// Whether one of some keys is needed.
  func contains(any keys: [Int64]) -> Bool { keys.contains { entries[$0] != nil } }
  var hasCommitted: Bool { entries.values.contains { $0.isCommitted } }

  /// Returns the delivery that a notification identifies, or `nil` if it isn't waited for.
  func token(_ hash: Int64) -> DeliveryToken? { tokens[hash] }

  /// Marks a key as that of a delivery.
  mutating func name(_ token: DeliveryToken) {
    let key = LookupKey.token(token)
    guard entries[key] != nil, entries[key]?.hash == nil else { return }
    let hash = ReplicaMessage.hash(token)
    entries[key]?.hash = hash
    tokens[hash] = token
  }

  /// Marks keys as needed now.
  ///
  /// - Returns: The keys whose rows must be written before the log is read.
  mutating func watch(_ keys: some Sequence<Int64>, at now: ContinuousClock.Instant) -> [Int64] {
    keys.filter { key in
      entries[key, default: Entry(watchedAt: now, isCommitted: false)].watchedAt = now
      return entries[key]?.isCommitted != true
    }
  }

  /// Marks the rows of keys as written.
  mutating func commit(_ keys: some Sequence<Int64>) {
    for key in keys { entries[key]?.isCommitted = true }
  }

  /// Marks all rows as gone, because the replica was removed.
  mutating func lose() {
    for key in entries.keys { entries[key]?.isCommitted = false }
  }

  /// Removes the keys that aren't needed anymore, except those that were watched after a moment.
  ///
  /// - Parameters:
  ///   - needed: The keys that were needed, as read after that moment.
  ///   - moment: The moment. A key that was watched later may be needed although it wasn't read.
  /// - Returns: The keys whose rows must be removed.
  mutating func forget(except needed: Set<Int64>, watchedBefore moment: ContinuousClock.Instant) -> [Int64] {
    let old = entries.filter { !needed.contains($0.key) && $0.value.watchedAt < moment }.map(\.key)
    for key in old {
      if let hash = entries.removeValue(forKey: key)?.hash { tokens[hash] = nil }
    }
    return old
  }
}
#endif
