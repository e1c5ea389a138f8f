#if SQLiteSupport
internal import GRDB
internal import SmoovenSupport
internal import Synchronization

/// A watch for the commits of other processes, which runs while something waits for them.
///
/// One connection asks SQLite for the version of the data. It's never inside a transaction, because there it would
/// always see the same version. The cost doesn't depend on the number of waiters.
final class ChangeWatch: Sendable {
  private struct State {
    var users = 0
    var task: Task<Void, Never>?
    var isClosed = false
  }

  /// The state that is kept from one run of the task to the next.
  private struct Watcher: Sendable {
    var connection: DatabaseQueue?
    var version: Int64?

    /// Stores a version, and returns whether it differs from the last one.
    mutating func replace(_ version: Int64?) -> Bool {
      guard let version, version != self.version else { return false }
      self.version = version
      return true
    }
  }

  private let connections: StoreConnections
  private let interval: Duration?
  private let progress: Watched<StoreProgress>
  private let state = Mutex(State())
  private let watcher = Mutex(Watcher())

  init(_ connections: StoreConnections, interval: Duration?, progress: Watched<StoreProgress>) {
    self.connections = connections
    self.interval = interval
    self.progress = progress
  }

  /// Watches while a closure runs.
  func whileWatching<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    begin()
    defer { end() }
    return try await body()
  }

  /// Stops watching, and closes the connection.
  func close() async {
    let task = state.withLock { state in
      state.isClosed = true
      return state.task
    }
    task?.cancel()
    await task?.value
    let connection = watcher.withLock { watcher in
      defer { watcher.connection = nil }
      return watcher.connection
    }
    try? connection?.close()
  }

  private func begin() {
    guard let interval else { return }
    state.withLock { state in
      state.users += 1
      guard state.users == 1, !state.isClosed else { return }
      // The previous task, which was cancelled, may still be using the connection.
      state.task = Task { [self, previous = state.task] in
        await previous?.value
        await run(interval)
      }
    }
  }

  private func end() {
    guard interval != nil else { return }
    state.withLock { state in
      state.users -= 1
      if state.users == 0 { state.task?.cancel() }
    }
  }

  private func run(_ interval: Duration) async {
    while !Task.isCancelled {
      // If it can't be read now, because of a lock or the disk, it's read again later.
      if let version = try? await version(), watcher.withLock({ $0.replace(version) }) {
        progress.update { $0.foreignCommits &+= 1 }
      }
      try? await Task.sleep(for: interval)
    }
  }

  private func version() async throws -> Int64? {
    let connection: DatabaseQueue
    if let known = watcher.withLock(\.connection) {
      connection = known
    } else {
      connection = try connections.another()
      watcher.withLock { $0.connection = connection }
    }
    return try await connection.writeWithoutTransaction { db in try db.row("PRAGMA data_version")?.integer(0)
    }
  }
}
#endif
