#if SQLiteSupport
internal import GRDB
internal import Smooven

/// The deduplication keys of the file, as one transaction sees them.
///
/// The keys of an endpoint are in up to three rings. If a ring is full, its lowest keys are removed. Keys with a signed
/// time leave a floor, and anything signed at the floor or before can't be distinguished from a replay anymore.
struct KeyRings {
  enum Insertion {
    case new, duplicate, tooOld, full
  }

  typealias Name = DeduplicationRing
  typealias Kind = DeduplicationRing.Kind

  private struct Ring {
    let id: Int64
    let kind: Kind
    var count: Int64
    var floor: Double?
    var isChanged = false
  }

  /// The maximum number of keys that are removed in one step.
  private static let stepSize: Int64 = 1_000

  private let limits: KeyLimits
  private var rings: [Name: Ring] = [:]

  init(_ limits: KeyLimits) { self.limits = limits }

  /// Records the key of an event that arrives now by the retention clock, unless the key is known.
  mutating func insert(_ record: EventRecord, now: Double, _ db: Database) throws -> Insertion {
    let name = record.ring
    let at = record.position(now)
    if let floor = try ring(name, db).floor, name.kind == .signed, at <= floor {
      return try db.row("SELECT 1 FROM seen WHERE digest = ?", [record.digest]) == nil ? .tooOld : .duplicate
    }
    guard let ring = rings[name] else { return .full }
    try db.run(
      "INSERT INTO seen (digest, ring, at) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING",
      [record.digest, ring.id, at]
    )
    if db.changesCount == 0 {
      guard try forgetExpired(record, now: now, db) else { return .duplicate }
      return try insert(record, now: now, db)
    }
    rings[name]?.count += 1
    rings[name]?.isChanged = true
    guard ring.count + 1 > limits.capacity else { return .new }
    return try makeRoom(name, for: record, at: at, now: now, db)
  }

  /// Writes the counts and floors that have changed.
  mutating func save(_ db: Database) throws {
    for (name, ring) in rings where ring.isChanged {
      try db.run("UPDATE ring SET count = ?, floor = ? WHERE id = ?", [ring.count, ring.floor, ring.id])
      rings[name]?.isChanged = false
    }
  }

  /// Discards unsaved state after the changes were rolled back.
  mutating func reset() { rings = [:] }

  private mutating func ring(_ name: Name, _ db: Database) throws -> Ring {
    if let ring = rings[name] { return ring }
    let endpoint = name.endpoint.bytes
    try db.run(
      "INSERT INTO ring (endpoint, kind, count) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
      [endpoint, name.kind.rawValue]
    )
    let row = try db.row(
      "SELECT id, count, floor FROM ring WHERE endpoint = ? AND kind = ?",
      [endpoint, name.kind.rawValue]
    )
    guard let id = row?.integer(0), let count = row?.integer(1) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT)
    }
    let ring = Ring(id: id, kind: name.kind, count: count, floor: row?.real(2))
    rings[name] = ring
    return ring
  }

  /// Removes a known key if it has expired, and returns whether it did.
  private mutating func forgetExpired(_ record: EventRecord, now: Double, _ db: Database) throws -> Bool {
    let name = Name(endpoint: record.ring.endpoint, kind: .brief)
    guard
      let row = try db.row("SELECT ring, at FROM seen WHERE digest = ?", [record.digest]),
      let id = row.integer(0), let expiry = row.real(1), expiry <= now, try ring(name, db).id == id
    else { return false }
    try db.run("DELETE FROM seen WHERE digest = ?", [record.digest])
    rings[name]?.count -= 1
    rings[name]?.isChanged = true
    return true
  }

  // MARK: Forgetting

  private mutating func makeRoom(
    _ name: Name,
    for record: EventRecord,
    at: Double,
    now: Double,
    _ db: Database
  ) throws -> Insertion {
    guard let ring = rings[name] else { return .full }
    let limit: Double
    switch name.kind {
    case .signed:
      let newest = try db.row("SELECT max(at) FROM seen WHERE ring = ?", [ring.id])?.real(0) ?? at
      limit = newest - limits.minimumWindow
    case .arrived: limit = now - limits.minimumWindow
    case .brief: limit = now
    }
    let step = max(1, min(Self.stepSize, limits.capacity / 100))
    if try forget(name, upTo: limit, step: step, db) == 0 {
      try drop(record, from: name, db)
      return .full
    }
    // The new key may have been among the oldest itself.
    guard name.kind == .signed, let floor = rings[name]?.floor, at <= floor else { return .new }
    try drop(record, from: name, db)
    return .tooOld
  }

  private mutating func drop(_ record: EventRecord, from name: Name, _ db: Database) throws {
    try db.run("DELETE FROM seen WHERE digest = ?", [record.digest])
    rings[name]?.count -= Int64(db.changesCount)
  }

  /// Forgets the lowest keys of a ring up to a limit, at most `step` of them, and returns their number.
  private mutating func forget(_ name: Name, upTo limit: Double, step: Int64, _ db: Database) throws -> Int {
    guard let ring = rings[name] else { return 0 }
    let rows = try db.rows(
      "SELECT digest, at FROM seen WHERE ring = ? AND at <= ? ORDER BY at LIMIT ?",
      [ring.id, limit, step]
    )
    guard let last = rows.last?.real(1) else { return 0 }
    for digest in rows.compactMap({ $0.bytes(0) }) {
      try db.run("DELETE FROM seen WHERE digest = ?", [digest])
    }
    rings[name]?.count -= Int64(rows.count)
    if name.kind == .signed { rings[name]?.floor = max(ring.floor ?? last, last) }
    rings[name]?.isChanged = true
    return rows.count
  }

  /// Forgets the keys that were signed or arrived before the horizon, or that have expired.
  ///
  /// It checks some rings after a cursor, and removes at most one step from each.
  ///
  /// - Returns: The largest number of keys that one of the rings lost, and the next cursor, which is 0 after the last
  ///   ring.
  mutating func forget(
    after cursor: Int64,
    horizon: Double,
    now: Double,
    _ db: Database
  ) throws -> (count: Int, cursor: Int64) {
    let rows = try db.rows(
      "SELECT id, endpoint, kind, count, floor FROM ring WHERE id > ? ORDER BY id LIMIT ?",
      [cursor, Self.stepSize]
    )
    var most = 0
    for row in rows {
      guard let id = row.integer(0), let endpoint = row.bytes(1), let kind = row.integer(2).flatMap(Kind.init)
      else { continue }
      let name = Name(endpoint: String(decoding: endpoint, as: UTF8.self), kind: kind)
      _ = try ring(name, db)
      let limit = (kind == .brief ? now : horizon).nextDown
      most = max(most, try forget(name, upTo: limit, step: Self.stepSize, db))
      // An expected callback has an endpoint that is used only once.
      guard let ring = rings[name], ring.count <= 0, ring.floor ?? -.infinity < horizon else { continue }
      try db.run("DELETE FROM ring WHERE id = ?", [id])
      rings[name] = nil
    }
    return (most, rows.count < Self.stepSize ? 0 : rows.last?.integer(0) ?? 0)
  }
}
#endif
