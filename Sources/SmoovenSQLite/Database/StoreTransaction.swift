#if SQLiteSupport
internal import GRDB
internal import Smooven

internal import struct Foundation.Data

/// One transaction of the writer, with its changes and the numbers that are written once for all of them.
final class StoreTransaction {
  let db: Database
  let path: String
  /// The callbacks that were appended, with their cursors.
  private(set) var appended: [StoredEvent] = []
  private var keys: KeyRings
  private var change: Int64?
  private var events: Int64 = 0
  private var deliveries: Int64 = 0

  init(_ db: Database, path: String, limits: KeyLimits) {
    self.db = db
    self.path = path
    keys = KeyRings(limits)
  }

  /// Returns the number of this transaction's change, which is higher than all before.
  func changeNumber() throws -> Int64 {
    if let change { return change }
    let number = (try db.row("SELECT change FROM state")?.integer(0) ?? 0) + 1
    change = number
    return number
  }

  /// Writes what is written once per transaction, and the retention clock if given.
  func finish(clock: String? = nil) throws {
    try keys.save(db)
    guard change != nil || events != 0 || deliveries != 0 || clock != nil else { return }
    try db.run(
      """
      UPDATE state SET change = max(change, ?), events = events + ?, deliveries = deliveries + ?,
        clock = coalesce(?, clock)
      """,
      [change ?? 0, events, deliveries, clock]
    )
  }

  // MARK: Callbacks

  /// Appends a callback, unless its key is known.
  func append(_ record: EventRecord, keptFrom: Double) throws -> KeyRings.Insertion {
    let insertion = try keys.insert(record, now: keptFrom, db)
    guard insertion == .new else { return insertion }
    let receivedAt = record.receivedAt
    try db.run(
      """
      INSERT INTO event (received_at, kept_from, token, keys, detail, payload, body) VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        receivedAt, keptFrom == receivedAt ? nil : keptFrom, record.callback.token?.bytes,
        record.keys.isEmpty ? nil : LookupKey.data(record.keys), record.detail, record.payload, record.body,
      ]
    )
    let id = db.lastInsertedRowID
    try EventIndex.insert(record.keys, event: id, db)
    events += 1
    appended.append(StoredEvent(cursor: EventCursor(rawValue: id), callback: record.callback))
    return .new
  }

  /// Runs a closure, and undoes all of its changes if it returns `false`.
  func undoing(unless body: () throws -> Bool) throws {
    try keys.save(db)
    let (count, number) = (appended.count, events)
    try db.inSavepoint {
      if try body() {
        try keys.save(db)
        return .commit
      }
      keys.reset()
      appended.removeLast(appended.count - count)
      events = number
      return .rollback
    }
  }

  func forgetKeys(after cursor: Int64, horizon: Double, now: Double) throws -> (count: Int, cursor: Int64) {
    try keys.forget(after: cursor, horizon: horizon, now: now, db)
  }

  func noteRemoved(events: Int = 0, deliveries: Int = 0) {
    self.events -= Int64(events)
    self.deliveries -= Int64(deliveries)
  }

  func noteInsertedDelivery() { deliveries += 1 }
}
#endif
