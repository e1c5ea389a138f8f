#if SQLiteSupport
internal import GRDB
internal import Smooven

/// Descriptions of what's wrong with the file, and what to do.
enum StoreFault {
  static func error(_ error: any Error, path: String) -> DeliveryStoreError {
    if let error = error as? DeliveryStoreError { return error }
    if error is RowDecodingError {
      return DeliveryStoreError(.unavailable, "\(path): \(isDamaged)", cause: error)
    }
    guard let fault = error as? DatabaseError else {
      return DeliveryStoreError(.unavailable, "\(path): \(type(of: error))", cause: error)
    }
    return DeliveryStoreError(.unavailable, "\(path): \(words(for: fault))", cause: fault)
  }

  /// Returns the error for a row that isn't what this version writes.
  static func damaged(_ path: String, _ what: String) -> DeliveryStoreError {
    DeliveryStoreError(.unavailable, "\(path): \(what) cannot be read; the file is damaged")
  }

  private static let diskIsFull =
    "the disk is full, or the file has its maximum size; free some space, and the store continues on its own"

  private static let isDamaged = "the file is damaged; put it aside, restore a copy or begin with a new file"

  private static func words(for error: DatabaseError) -> String {
    switch error.extendedResultCode {
    // The index of the log couldn't be extended.
    case .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMMAP: return diskIsFull
    case .SQLITE_IOERR_WRITE, .SQLITE_IOERR_TRUNCATE:
      return "the disk can't be written; it is full, over its quota, or failing"
    default: break
    }
    return switch error.resultCode {
    case .SQLITE_FULL: diskIsFull
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      "another process holds a lock on the file; end it, or raise the busy timeout"
    case .SQLITE_CORRUPT: isDamaged
    case .SQLITE_NOTADB:
      "the file is no SQLite database; name another file"
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      "the file or its folder cannot be written; the process needs the right to write to both"
    case .SQLITE_CANTOPEN:
      "the file cannot be opened or created; check that its folder exists, can be written and has room"
    case .SQLITE_IOERR:
      "the disk reported an error (\(error.extendedResultCode.rawValue)); check the system's log"
    case .SQLITE_MISUSE:
      "the store is closed"
    default:
      "SQLite reported error \(error.extendedResultCode.rawValue)"
    }
  }

  /// Returns whether a lock of another process is the cause.
  static func isLock(_ error: any Error) -> Bool {
    guard let error = error as? DatabaseError else { return false }
    return error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
  }

  /// Returns whether another write would fail in the same way, so that it need not be attempted.
  static func concernsAll(_ error: any Error) -> Bool {
    guard let error = error as? DatabaseError else { return false }
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_READONLY, .SQLITE_PERM,
      .SQLITE_AUTH, .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_MISUSE:
      return true
    default: return false
    }
  }
}
#endif
