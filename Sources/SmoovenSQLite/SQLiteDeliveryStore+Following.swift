#if SQLiteSupport
internal import GRDB
public import Smooven
internal import SmoovenSupport

extension SQLiteDeliveryStore {
  /// `true`: other processes may use the file.
  public var isShared: Bool { true }

  /// Reports what other processes store in the file, and other clients in this one, until the task is cancelled.
  ///
  /// Returns if the store is closed. What can't be read, because of a lock or the disk, is read a moment later.
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
