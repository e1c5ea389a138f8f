import Foundation
import Smooven

/// A store for one process in one file of JSON lines. The first line is a snapshot, and each other line is a change.
///
/// A change is in the file before a call returns, so it survives a crash of the process.
actor TableStore: EventLog {
  private struct Row: Codable {
    var delivery: StoredDelivery
    var version: Int64
  }
  /// The contents of the store, or a change of them.
  private struct Tables: Codable {
    var rows: [DeliveryToken: Row] = [:]
    var removed: [DeliveryToken] = []
    var log: [StoredEvent] = []
    var lastCursor = EventCursor.beginning
    /// The time at which each key arrived, by endpoint and key.
    var keys: [[String]: Date] = [:]
    var places: [String: EventCursor] = [:]
    var clock: RetentionClock?

    mutating func merge(_ change: Tables) {
      rows.merge(change.rows) { $1 }
      for token in change.removed { rows[token] = nil }
      log += change.log
      lastCursor = max(lastCursor, change.lastCursor)
      keys.merge(change.keys) { $1 }
      places.merge(change.places) { $1 }
      clock = change.clock ?? clock
    }
  }

  nonisolated let deduplicationRetention: Duration = .seconds(30 * 86_400)
  nonisolated let file: URL
  private var tables = Tables()
  private var handle: FileHandle
  // A new epoch each time, because the leases of a process end with it.
  private let epoch = UUID().uuidString
  private let opened = ContinuousClock.now

  init(file: URL) throws {
    self.file = file
    let data = FileManager.default.fileExists(atPath: file.path) ? try Data(contentsOf: file) : Data()
    let lines = data.split(separator: UInt8(ascii: "\n"))
    for (number, line) in lines.enumerated() {
      do {
        tables.merge(try JSONDecoder().decode(Tables.self, from: line))
      } catch  where number > 0 && number == lines.count - 1 {
        // A crash cut off the last line, so its call never returned. Any other line must be valid.
      }
    }
    var clock = tables.clock ?? RetentionClock(wall: Date(), monotonic: .zero)
    clock.start(wall: Date(), monotonic: .zero)
    tables.clock = clock
    handle = try Self.write(tables, to: file)
  }

  func time() -> StoreInstant {
    StoreInstant(epoch: epoch, nanoseconds: 0).advanced(by: opened.duration(to: .now))
  }

  func insert(_ delivery: StoredDelivery) throws -> DeliveryInsertion {
    if let row = load(.token(delivery.token)) { return .existing(row) }
    if let key = delivery.idempotencyKey, let row = load(.idempotencyKey(key)) { return .existing(row) }
    try commit(Tables(rows: [delivery.token: Row(delivery: delivery, version: 1)]))
    return .inserted(VersionedDelivery(delivery, version: 1, time: time()))
  }

  func load(_ lookup: DeliveryLookup) -> VersionedDelivery? {
    let rows = tables.rows.values.filter { row in
      switch lookup {
      case .token(let token): row.delivery.token == token
      case .idempotencyKey(let key): row.delivery.idempotencyKey == key
      case .id(let id, let group): row.delivery.group == group && row.delivery.ids.contains(id)
      }
    }
    return rows.max { PendingCursor($0.delivery) < PendingCursor($1.delivery) }.map(versioned)
  }

  func replace(_ delivery: StoredDelivery, version: Int64) throws -> Int64? {
    guard tables.rows[delivery.token]?.version == version else { return nil }
    try commit(Tables(rows: [delivery.token: Row(delivery: delivery, version: version + 1)]))
    return version + 1
  }

  func remove(_ token: DeliveryToken, version: Int64) throws {
    if tables.rows[token]?.version == version { try commit(Tables(removed: [token])) }
  }

  func pending(after cursor: PendingCursor?, limit: Int) -> [VersionedDelivery] {
    tables.rows.values
      .filter { row in row.delivery.isPending && cursor.map { $0 < PendingCursor(row.delivery) } ?? true }
      .sorted { PendingCursor($0.delivery) < PendingCursor($1.delivery) }
      .prefix(limit).map(versioned)
  }

  func append(_ callbacks: [StoredCallback]) throws -> [AppendResult] {
    var change = Tables(lastCursor: tables.lastCursor)
    let results: [AppendResult] = callbacks.map { callback in
      let key = [callback.event.endpoint, callback.event.deduplicationKey]
      guard tables.keys[key] == nil, change.keys.updateValue(callback.receivedAt, forKey: key) == nil else {
        return .duplicate
      }
      change.lastCursor = EventCursor(rawValue: change.lastCursor.rawValue + 1)
      change.log.append(StoredEvent(cursor: change.lastCursor, callback: callback))
      return .stored
    }
    if !change.log.isEmpty { try commit(change) }
    return results
  }

  func callbacks(matching lookup: CallbackLookup, after cursor: EventCursor, limit: Int) -> [StoredEvent] {
    Array(tables.log.lazy.filter { $0.cursor > cursor && lookup.matches($0.callback) }.prefix(limit))
  }

  func page(after cursor: EventCursor, limit: Int) -> [StoredEvent] {
    Array(tables.log.lazy.filter { $0.cursor > cursor }.prefix(limit))
  }

  func waitForEvents(after cursor: EventCursor) async throws -> Bool {
    if tables.lastCursor <= cursor { try await Task.sleep(for: .milliseconds(20)) }
    return true
  }

  func cursor(named name: String) -> EventCursor { tables.places[name] ?? .beginning }

  func advance(_ name: String, to cursor: EventCursor) throws {
    if cursor > self.cursor(named: name) { try commit(Tables(places: [name: cursor])) }
  }

  func prune(before date: Date) throws -> Int {
    var kept = tables
    kept.log = tables.log.filter { $0.callback.receivedAt >= date }
    kept.rows = tables.rows.filter { _, row in
      row.delivery.isPending || row.delivery.openedAt >= date
        || row.delivery.wantedUntil ?? .distantPast > Date()
    }
    for stored in tables.log where stored.callback.receivedAt < date {
      for token in kept.rows.keys where kept.rows[token]?.delivery.keep(stored.callback) == true {
        kept.rows[token]?.version += 1
      }
    }
    // Keys outlive their callbacks, and a wall clock that jumps doesn't make one old.
    kept.clock?.step(wall: Date(), monotonic: opened.duration(to: .now))
    if let horizon = kept.clock?.horizon(wall: Date(), retention: deduplicationRetention) {
      kept.keys = tables.keys.filter { $0.value >= horizon }
    }
    handle = try Self.write(kept, to: file)
    defer { tables = kept }
    return tables.rows.count - kept.rows.count + tables.log.count - kept.log.count
  }

  private func versioned(_ row: Row) -> VersionedDelivery {
    VersionedDelivery(row.delivery, version: row.version, time: time())
  }

  private func commit(_ change: Tables) throws {
    let end = try? handle.offset()
    do {
      try handle.write(contentsOf: JSONEncoder().encode(change) + [UInt8(ascii: "\n")])
    } catch {
      if let end { try? handle.truncate(atOffset: end) }
      throw DeliveryStoreError(.unavailable, "the file can't be written", cause: error)
    }
    tables.merge(change)
  }

  private static func write(_ tables: Tables, to file: URL) throws -> FileHandle {
    try (JSONEncoder().encode(tables) + [UInt8(ascii: "\n")]).write(to: file, options: .atomic)
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    return handle
  }
}
