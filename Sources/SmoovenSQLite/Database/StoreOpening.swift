#if SQLiteSupport
internal import Dispatch
internal import GRDB
internal import Smooven
internal import SmoovenCallbacks
internal import SmoovenSupport

internal import class Foundation.FileManager
internal import class Foundation.Thread
internal import struct Foundation.Data
internal import struct Foundation.FileAttributeType
internal import struct Foundation.URL

/// Opens the file, or says why it cannot be opened.
enum StoreOpening {
  /// Files up to this size are read through for damage when they are opened.
  private static let checkedSize = 64 << 20

  /// Opens on a thread of its own: it waits for the disk.
  static func open(
    _ path: String,
    _ configuration: SQLiteStoreConfiguration
  ) async throws(DeliveryStoreError) -> DatabasePool {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<DatabasePool, DeliveryStoreError>, Never>) in
      DispatchQueue.global().async {
        let result = Result { try openNow(path, configuration) }
        continuation.resume(returning: result.mapError { StoreFault.error($0, path: path) })
      }
    }
    return try result.get()
  }

  private static func openNow(
    _ path: String,
    _ configuration: SQLiteStoreConfiguration
  ) throws -> DatabasePool {
    try checkPlace(path)
    var attempts = Int(configuration.busyTimeout.inSeconds * 20)
    while true {
      do {
        try check(path, configuration)
        return try makePool(path, configuration)
      } catch let error as DatabaseError where isPassing(error) && attempts > 0 {
        // Another process opens the same new file at this moment: not all of that waits for a lock.
        attempts -= 1
        Thread.sleep(forTimeInterval: 0.05)
      }
    }
  }

  private static func isPassing(_ error: DatabaseError) -> Bool {
    [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_ERROR].contains(error.resultCode)
  }

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
    // The bodies of callbacks are for nobody else's eyes. SQLite gives its other files the rights of this one.
    if (try? Data().write(to: url, options: .withoutOverwriting)) != nil {
      try? files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: target)
    return attributes?[.type] as? FileAttributeType == .typeDirectory
  }

  /// Looks whether the file is one of ours before anything is changed in it.
  private static func check(_ path: String, _ configuration: SQLiteStoreConfiguration) throws {
    let queue = try DatabaseQueue(path: path, configuration: base(configuration))
    defer { try? queue.close() }
    // In one transaction: another process may be writing the first tables at this moment.
    try queue.read { db in
      let id = try db.row("PRAGMA application_id")?.integer(0)
      // The migrator's own table comes first, in a transaction of its own.
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
      let pages = try db.row("PRAGMA page_count")?.integer(0) ?? 0
      let pageSize = try db.row("PRAGMA page_size")?.integer(0) ?? 0
      guard pages.multipliedReportingOverflow(by: pageSize).partialValue <= checkedSize else { return }
      if try db.row("PRAGMA quick_check(1)")?.text(0) != "ok" {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT)
      }
    }
  }

  private static func makePool(
    _ path: String,
    _ configuration: SQLiteStoreConfiguration
  ) throws -> DatabasePool {
    let pool = try DatabasePool(path: path, configuration: base(configuration))
    try StoreSchema.migrator.migrate(pool)
    try pool.writeWithoutTransaction { db in
      // Only now: switching to a write-ahead log sets NORMAL.
      try db.execute(sql: "PRAGMA synchronous = \(configuration.durability.wrapped.rawValue)")
      try db.execute(sql: "PRAGMA journal_size_limit = \(16 << 20)")
      if let size = configuration.maximumFileSize, let page = try db.row("PRAGMA page_size")?.integer(0) {
        try db.execute(sql: "PRAGMA max_page_count = \(max(1, Int64(size) / page))")
      }
      // A file that can only be read is found out now, not at the first callback.
      try db.inTransaction(.immediate) {
        try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
        return .commit
      }
    }
    return pool
  }

  private static func base(_ configuration: SQLiteStoreConfiguration) -> Configuration {
    var base = Configuration()
    base.label = "SmoovenSQLite"
    // GRDB would trap when a rollback fails; `WriteQueue` rolls back again before its next transaction.
    base.allowsUnsafeTransactions = true
    base.busyMode = .timeout(configuration.busyTimeout.inSeconds)
    base.prepareDatabase { db in
      // Before the first table, or it has no effect.
      if !db.configuration.readonly { try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
    }
    return base
  }
}
#endif
