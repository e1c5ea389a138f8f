#if SQLiteSupport
internal import GRDB
internal import Smooven

/// Says what was wrong with the file, and what to do.
enum StoreFault {
  static func error(_ error: any Error, path: String) -> DeliveryStoreError {
    if let error = error as? DeliveryStoreError { return error }
    guard let fault = error as? DatabaseError else {
      return DeliveryStoreError(.unavailable, "\(path): \(type(of: error))", cause: error)
    }
    return DeliveryStoreError(.unavailable, "\(path): \(words(for: fault))", cause: fault)
  }

  private static func words(for error: DatabaseError) -> String {
    switch error.resultCode {
    case .SQLITE_FULL:
      "the disk is full, or the file has its maximum size; free some space, and the store goes on by itself"
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      "another process holds a lock on the file; end it, or raise the busy timeout"
    case .SQLITE_CORRUPT:
      "the file is damaged; put it aside, restore a copy or begin with a new file"
    case .SQLITE_NOTADB:
      "the file is no SQLite database; name another file"
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      "the file or its folder cannot be written; the process needs the right to write to both"
    case .SQLITE_CANTOPEN:
      "the file cannot be opened or created; look whether its folder exists and can be written"
    case .SQLITE_IOERR:
      "the disk reported an error (\(error.extendedResultCode.rawValue)); look at the system's log"
    case .SQLITE_MISUSE:
      "the store is closed"
    default:
      "SQLite reported error \(error.extendedResultCode.rawValue)"
    }
  }

  /// Whether another write would fail in the same way, so that it need not be tried.
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
