#if SQLiteSupport
internal import Smooven

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The files of a store as they were when the store was opened.
///
/// The system keeps an open file even if its name is gone, so SQLite would go on writing to a file that nothing can
/// find.
struct StorePlace: Sendable {
  /// The identity of a file on this machine, regardless of its name.
  private struct Identity: Sendable, Equatable {
    let device: UInt64
    let number: UInt64

    init?(_ path: String) {
      var info = stat()
      guard unsafe stat(path, &info) == 0 else { return nil }
      device = UInt64(truncatingIfNeeded: info.st_dev)
      number = UInt64(truncatingIfNeeded: info.st_ino)
    }
  }

  let path: String
  private let identities: [Identity?]

  /// Creates a place that remembers the files that a connection has open: the database and its log.
  init(path: String) {
    self.path = path
    identities = Self.names(path).map(Identity.init)
  }

  private static func names(_ path: String) -> [String] { [path, path + "-wal"] }

  /// The error if one of the files was removed or replaced, or `nil` if they're unchanged.
  var fault: DeliveryStoreError? {
    for (name, identity) in zip(Self.names(path), identities) where Identity(name) != identity {
      return DeliveryStoreError(
        .unavailable,
        "\(name): the file was removed or replaced while the store was open; put it back, or start again with a new store"
      )
    }
    return nil
  }
}
#endif
