#if SQLiteSupport
internal import Dispatch
internal import GRDB
internal import Smooven

internal import class Foundation.FileManager
internal import struct Foundation.Data
internal import struct Foundation.FileAttributeType
internal import struct Foundation.URL

/// Opening of the file, with errors that say why it can't be opened.
enum StoreOpening {
  /// An open file, and what was read from it.
  struct Opened: Sendable {
    let connections: StoreConnections
    let place: StorePlace
    var clock = SharedRetentionClock()
    /// The number of the last callback, and of the last change.
    var lastEvent: Int64 = 0
    var change: Int64 = 0
  }

  /// Opens the file on a thread that may wait for the disk.
  static func open(
    _ path: String,
    _ configuration: SQLiteStoreConfiguration
  ) async throws(DeliveryStoreError) -> Opened {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<Opened, DeliveryStoreError>, Never>) in
      DispatchQueue.global().async {
        let result = Result { try openNow(path, configuration) }
        continuation.resume(returning: result.mapError { StoreFault.error($0, path: path) })
      }
    }
    return try result.get()
  }

  private static func openNow(_ path: String, _ configuration: SQLiteStoreConfiguration) throws -> Opened {
    try checkPlace(path)
    // One deadline for everything, because SQLite may wait for a lock in each step.
    let end = ContinuousClock.now.advanced(by: configuration.busyTimeout)
    var collisions = 0
    while true {
      do {
        return try attempt(path, configuration, until: end)
      } catch let error as DatabaseError where mayPass(error, &collisions) && ContinuousClock.now < end {
        LockPatience.pause()
      }
    }
  }

  /// Returns whether the cause may be another process that is opening the same new file at the same time.
  private static func mayPass(_ error: DatabaseError, _ collisions: inout Int) -> Bool {
    if StoreFault.isLock(error) { return true }
    // Both processes may be creating the same table.
    collisions += 1
    return error.resultCode == .SQLITE_ERROR && collisions < 10
  }

  // MARK: The place

  private static func checkPlace(_ path: String) throws(DeliveryStoreError) {
    guard !path.isEmpty, !path.hasPrefix(":") else {
      throw DeliveryStoreError(.unavailable, "the store needs the path of a file")
    }
    let files = FileManager.default
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    guard isFolder(folder) else {
      throw DeliveryStoreError(.unavailable, "\(path): \(folder) is no folder; create it first")
    }
    if isFolder(path) {
      throw DeliveryStoreError(.unavailable, "\(path): it is a folder; name a file in it")
    }
    guard !files.fileExists(atPath: path) else { return }
    if (try? Data().write(to: url, options: .withoutOverwriting)) != nil {
      // The bodies of callbacks are for the owner only. SQLite gives its other files the same permissions as this one.
      try? files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: target)
    return attributes?[.type] as? FileAttributeType == .typeDirectory
  }

  // MARK: The file

  private static func attempt(
    _ path: String,
    _ configuration: SQLiteStoreConfiguration,
    until end: ContinuousClock.Instant
  ) throws -> Opened {
    let (writer, patience) = try connect(path, configuration, until: end)
    do {
      if try needsPreparation(writer, path) { try prepare(writer) }
      try set(configuration, on: writer)
      // Both files are open now, under the names that they keep.
      let place = StorePlace(path: path)
      let connections = try StoreConnections(writer: writer, patience: patience) {
        try connect(path, configuration, until: nil).queue
      }
      var opened = Opened(connections: connections, place: place)
      try writer.read { db in
        let row = try db.row("SELECT change, clock, (SELECT max(id) FROM event) FROM state")
        opened.change = row?.integer(0) ?? 0
        opened.clock.read(row?.text(1))
        opened.lastEvent = row?.integer(2) ?? 0
      }
      patience.limit(until: nil)
      return opened
    } catch {
      try? writer.close()
      throw error
    }
  }

  private static func connect(
    _ path: String,
    _ configuration: SQLiteStoreConfiguration,
    until end: ContinuousClock.Instant?
  ) throws -> (queue: DatabaseQueue, patience: LockPatience) {
    let patience = LockPatience(timeout: configuration.busyTimeout)
    patience.limit(until: end)
    var base = Configuration()
    base.label = "SmoovenSQLite"
    // GRDB would trap if a rollback fails. `WriteQueue` rolls back again before its next transaction.
    base.allowsUnsafeTransactions = true
    base.busyMode = .callback { tries in patience.wait(tries: tries) }
    return (try DatabaseQueue(path: path, configuration: base), patience)
  }

  /// Returns whether the file lacks something that this version needs.
  ///
  /// - Throws: `DeliveryStoreError` if the file isn't ours, without having changed anything in it.
  private static func needsPreparation(_ writer: DatabaseQueue, _ path: String) throws -> Bool {
    // In one transaction, because another process may be writing the first tables at this moment.
    try writer.read { db in
      let id = try db.row("PRAGMA application_id")?.integer(0)
      // The migrator's own table is created first, in a separate transaction.
      let tables = try db.row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name <> 'grdb_migrations'"
      )?.integer(0)
      guard id == StoreSchema.applicationID || (id == 0 && tables == 0) else {
        throw DeliveryStoreError(
          .unavailable,
          "\(path): the file belongs to something else; name another file"
        )
      }
      if try StoreSchema.migrator.hasBeenSuperseded(db) {
        throw DeliveryStoreError(
          .unavailable,
          "\(path): a newer version of SmoovenSQLite wrote the file; update this one, or name another file"
        )
      }
      guard try db.row("PRAGMA journal_mode")?.text(0) == "wal" else { return true }
      return try !StoreSchema.migrator.hasCompletedMigrations(db)
    }
  }

  private static func prepare(_ writer: DatabaseQueue) throws {
    try writer.writeWithoutTransaction { db in
      // Set before the first table is created, because it has no effect after that.
      try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
      guard try db.row("PRAGMA journal_mode = WAL")?.text(0) == "wal" else {
        throw DatabaseError(resultCode: .SQLITE_BUSY)
      }
    }
    try StoreSchema.migrator.migrate(writer)
  }

  /// Sets what SQLite keeps only per connection.
  private static func set(_ configuration: SQLiteStoreConfiguration, on writer: DatabaseQueue) throws {
    try writer.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = \(configuration.durability.wrapped.rawValue)")
      try db.execute(sql: "PRAGMA journal_size_limit = \(16 << 20)")
      if let size = configuration.maximumFileSize, let page = try db.row("PRAGMA page_size")?.integer(0) {
        try db.execute(sql: "PRAGMA max_page_count = \(max(1, Int64(size) / page))")
      }
      // If nothing can be written, for lack of permission or because of a lock, that becomes known now and not at the
      // first callback.
      try db.inTransaction(.immediate) { .rollback }
    }
  }
}
#endif
