#if SQLiteSupport
internal import GRDB
public import Smooven
internal import SmoovenSupport

extension SQLiteDeliveryStore {
  /// Returns `true`, because other processes may use the file.
  public var isShared: Bool { true }

  /// Reports what other processes, and other clients in this process, store in the file, until the task is cancelled.
  ///
  /// It returns if the store is closed. Anything that can't be read, because of a lock or the disk, is read a moment
  /// later.
  ///
  /// - Throws: `CancellationError` if cancelled.
  public func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {
    let id = followers.add()
    defer { followers.remove(id) }
    try await changes.whileWatching { [self] in
      var follower = StoreFollower(store: self, interests: interests, onChange: onChange)
      var seen: UInt64 = 0
      while true {
        let known = seen
        let now = try await progress.first { progress in
          progress.isClosed || progress.foreignCommits != known ? progress : nil
        }
        if now.isClosed { return }
        do {
          try await follower.look(own: followers.take(id))
          seen = now.foreignCommits
        } catch is DeliveryStoreError {
          try await Task.sleep(for: configuration.pollInterval ?? .seconds(1))
        }
      }
    }
  }
}
#endif
