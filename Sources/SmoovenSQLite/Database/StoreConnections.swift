#if SQLiteSupport
internal import GRDB
internal import Synchronization

/// The connections to the file, one that writes and a few that read.
///
/// As far as SQLite is concerned, all of them may write, so whichever closes last can merge the log into the file.
final class StoreConnections: Sendable {
  private static let readerCount = 2

  let writer: DatabaseQueue
  /// The time that the writer waits for a lock.
  let patience: LockPatience
  private let readers: [DatabaseQueue]
  // The number of reads that each reader has in progress.
  private let load: Mutex<[Int]>
  private let connect: @Sendable () throws -> DatabaseQueue

  init(
    writer: DatabaseQueue,
    patience: LockPatience,
    connect: @escaping @Sendable () throws -> DatabaseQueue
  ) throws {
    self.writer = writer
    self.patience = patience
    self.connect = connect
    readers = try (0..<Self.readerCount).map { _ in try connect() }
    load = Mutex(Array(repeating: 0, count: Self.readerCount))
  }

  /// Opens another connection, which the caller must close.
  func another() throws -> DatabaseQueue { try connect() }

  /// Reads in a transaction, on the reader with the fewest reads in progress.
  func read<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) async throws -> Result {
    let index = load.withLock { load in
      let index = load.indices.min { load[$0] < load[$1] } ?? 0
      load[index] += 1
      return index
    }
    defer { load.withLock { $0[index] -= 1 } }
    return try await readers[index].read(body)
  }

  /// Closes all connections, which must have no work in progress.
  func close() {
    // What stays in the log is read from there the next time, so closing doesn't wait for readers in other processes.
    _ = try? writer.writeWithoutTransaction { try $0.checkpoint(.passive) }
    for reader in readers { try? reader.close() }
    // A connection that fails to close is closed when its last reference is released.
    try? writer.close()
  }
}
#endif
