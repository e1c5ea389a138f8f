#if SQLiteSupport
internal import Dispatch
internal import GRDB
public import Smooven
internal import SmoovenCallbacks
internal import SmoovenSupport

/// A store in one SQLite file: what it acknowledged outlives the process, and with the default durability the power.
///
/// Calls that come while another is on its way to the disk share the next commit. Nothing blocks the caller's thread,
/// and cancelling a call that writes does not undo it.
///
/// Retention: events and their deduplication keys are kept for
/// ``SQLiteStoreConfiguration/retention``, deliveries for ``SQLiteStoreConfiguration/deliveryRetention``. What is older
/// is removed in small steps after writes; there is nothing to run. Time is what callers pass as `now` and `openedAt`.
///
/// Several processes may open the same file, on a local disk: an event that two of them are given is stored once. SQLite
/// keeps two more files beside it, `-wal` and `-shm`: they belong to it.
///
/// Every call may throw `DeliveryStoreError`, whose message says what was wrong and what to do. When the disk has room
/// again or a lock is released the store goes on by itself.
public final class SQLiteDeliveryStore: DeliveryStore {
  /// The path of the file.
  public let path: String
  let configuration: SQLiteStoreConfiguration
  let pool: DatabasePool
  let writes: WriteQueue
  let maintenance: StoreMaintenance
  let progress = Watched(StoreProgress())

  /// Opens a file, or creates it, readable for its owner only.
  ///
  /// - Parameters:
  ///   - path: The path of the file; its folder must exist.
  ///   - configuration: How the file is kept.
  /// - Throws: `DeliveryStoreError` with `unavailable`: no such folder, no right to write, no SQLite file, the file of
  ///   something else, of a newer version, damaged, or locked. Damage is looked for in files up to 64 MiB.
  public init(
    path: String,
    configuration: SQLiteStoreConfiguration = SQLiteStoreConfiguration()
  ) async throws {
    try configuration.validate()
    let pool = try await StoreOpening.open(path, configuration)
    let latest = try await Self.read(pool, path) { db in
      try db.row("SELECT received_at FROM event ORDER BY id DESC LIMIT 1")?.real(0)
    }
    let maintenance = StoreMaintenance(
      retention: configuration.retention.inSeconds,
      deliveryRetention: configuration.deliveryRetention.inSeconds,
      latest: latest ?? -.infinity
    )
    self.path = path
    self.configuration = configuration
    self.pool = pool
    self.maintenance = maintenance
    writes = WriteQueue(
      pool: pool,
      path: path,
      limit: configuration.maximumWaitingWrites,
      onCommit: { [progress] event in progress.update { $0.lastEvent = max($0.lastEvent, event) } },
      afterBatch: { maintenance.step($0) }
    )
  }

  /// Finishes what was begun, ends the sequences of events and lets go of the file.
  ///
  /// Later calls throw. A store that is released without it lets go of the file too. Cancelling does nothing.
  public func close() async {
    guard await writes.close() else { return }
    progress.update { $0.isClosed = true }
    // Not cancelled with the caller. GRDB must not be closed while it reads.
    await Task { [progress] in _ = try? await progress.first { $0.readerCount == 0 ? () : nil } }.value
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [pool] in
        // GRDB closes its readers last, who may not do this: all goes into the one file, so that it can be moved.
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        // What fails to close now is closed when the last reference goes.
        try? pool.close()
        continuation.resume()
      }
    }
  }

  /// Reads without waiting for writers.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` when cancelled.
  func read<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) async throws -> Result {
    let isOpen = progress.update { progress in
      if !progress.isClosed { progress.readerCount += 1 }
      return !progress.isClosed
    }
    guard isOpen else { throw DeliveryStoreError(.unavailable, "\(path): the store is closed") }
    defer { progress.update { $0.readerCount -= 1 } }
    return try await Self.read(pool, path, body)
  }

  private static func read<Result: Sendable>(
    _ pool: DatabasePool,
    _ path: String,
    _ body: @Sendable (Database) throws -> Result
  ) async throws -> Result {
    do {
      return try await pool.read(body)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw StoreFault.error(error, path: path)
    }
  }
}

/// What readers that have caught up wait for, and who closes the store.
struct StoreProgress: Sendable {
  var lastEvent: Int64 = 0
  var readerCount = 0
  var isClosed = false
}
#endif
