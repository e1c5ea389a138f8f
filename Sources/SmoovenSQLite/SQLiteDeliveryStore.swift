#if SQLiteSupport
internal import Dispatch
internal import GRDB
public import Smooven
internal import SmoovenSupport

/// A store in one SQLite file, in which everything it has acknowledged survives the end of the process.
///
/// With the default durability, it also survives a power cut. Calls that arrive while another is on its way to the disk
/// share the next commit. No call blocks the caller's thread, and cancelling a call that writes doesn't undo it.
///
/// Callbacks and their deduplication keys are kept for ``SQLiteStoreConfiguration/retention``, and deliveries for
/// ``SQLiteStoreConfiguration/deliveryRetention``. Older ones are removed in small steps after writes, so there's no
/// cleanup to run. A jump of the wall clock doesn't make anything old.
///
/// Several processes may open the same file on a local disk. A callback that two of them receive is stored once, and
/// each learns what the others store. SQLite keeps two more files next to it, `-wal` and `-shm`, which belong to it.
///
/// Every call may throw `DeliveryStoreError`, whose message says what's wrong and what to do. Once the disk has room
/// again or a lock is released, the store continues on its own.
public final class SQLiteDeliveryStore: DeliveryStore {
  /// The path of the file.
  public let path: String
  let configuration: SQLiteStoreConfiguration
  let clock: StoreClock
  let connections: StoreConnections
  let writes: WriteQueue
  let maintenance: StoreMaintenance
  let progress: Watched<StoreProgress>
  let changes: ChangeWatch
  let followers: StoreFollowers

  /// Opens a file, or creates it so that only its owner can read it.
  ///
  /// Opening a file of this version writes nothing, but waits if the file is locked. A file of an earlier version is
  /// converted.
  ///
  /// - Parameters:
  ///   - path: The path of the file, whose directory must exist.
  ///   - configuration: How the file is kept.
  /// - Throws: `DeliveryStoreError` with `unavailable` if the directory is missing, if the process may not write, or if
  ///   the file isn't an SQLite database, belongs to something else, is of a newer version, is damaged where it was
  ///   read, or is locked for longer than ``SQLiteStoreConfiguration/busyTimeout``.
  public convenience init(
    path: String,
    configuration: SQLiteStoreConfiguration = SQLiteStoreConfiguration()
  ) async throws {
    try await self.init(path: path, configuration: configuration, clock: .system)
  }

  package init(path: String, configuration: SQLiteStoreConfiguration, clock: StoreClock) async throws {
    try configuration.validate()
    let opened = try await StoreOpening.open(path, configuration)
    let progress = Watched(StoreProgress())
    let followers = StoreFollowers(lastEvent: opened.lastEvent, change: opened.change)
    self.path = path
    self.configuration = configuration
    self.clock = clock
    self.progress = progress
    self.followers = followers
    connections = opened.connections
    maintenance = StoreMaintenance(configuration, clock: clock, stored: opened.clock)
    changes = ChangeWatch(connections, interval: configuration.pollInterval, progress: progress)
    writes = WriteQueue(
      connections: opened.connections,
      place: opened.place,
      configuration: configuration,
      maintenance: maintenance,
      onCommit: { appended in
        guard let last = appended.last else { return }
        followers.note(appended)
        progress.update { $0.lastEvent = max($0.lastEvent, last.cursor.rawValue) }
      }
    )
  }

  /// Finishes the calls in progress, ends the sequences of callbacks and closes the file.
  ///
  /// Later calls throw. A store that is released without being closed closes the file too. Cancelling the caller has no
  /// effect.
  public func close() async {
    guard await writes.close() else { return }
    progress.update { $0.isClosed = true }
    await changes.close()
    // Not cancelled with the caller, because GRDB must not be closed while it reads.
    await Task { [progress] in _ = try? await progress.first { $0.readerCount == 0 ? () : nil } }.value
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [connections] in
        connections.close()
        continuation.resume()
      }
    }
  }

  /// Reads without waiting for writers.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  func read<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) async throws -> Result {
    let isOpen = progress.update { progress in
      if !progress.isClosed { progress.readerCount += 1 }
      return !progress.isClosed
    }
    guard isOpen else { throw DeliveryStoreError(.unavailable, "\(path): the store is closed") }
    defer { progress.update { $0.readerCount -= 1 } }
    do {
      return try await connections.read(body)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw StoreFault.error(error, path: path)
    }
  }
}

/// The state that readers wait for once they've caught up, and that closing the store waits for.
struct StoreProgress: Sendable {
  /// The last callback that this process appended.
  var lastEvent: Int64 = 0
  /// The number of times at which another connection was found to have committed.
  var foreignCommits: UInt64 = 0
  var readerCount = 0
  var isClosed = false
}
#endif
