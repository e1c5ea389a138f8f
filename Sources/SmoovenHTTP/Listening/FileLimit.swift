#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The number of files and sockets that this process may open at the same time.
enum FileLimit {
  /// Raises the limit as far as the system allows.
  ///
  /// Many systems start a process with 256 or 1,024, for the sake of old programs, and let it raise that limit.
  ///
  /// - Parameter count: The number of files that is enough.
  /// - Returns: The limit, or `nil` if the system doesn't report it.
  static func raise(to count: Int) -> Int? {
    guard var limit = current else { return nil }
    let wanted = rlim_t(clamping: count)
    if limit.rlim_cur < wanted, limit.rlim_cur < limit.rlim_max {
      let old = limit
      limit.rlim_cur = min(wanted, limit.rlim_max)
      if unsafe setrlimit(files, &limit) != 0 { limit = old }
      // The system may have set a lower limit than requested.
      limit = current ?? old
    }
    // Large enough for any server, and small enough to calculate with.
    return Int(clamping: min(limit.rlim_cur, 1 << 30))
  }

  /// The number of open files with numbers below 8,192.
  ///
  /// The system uses low numbers first.
  static var openCount: Int {
    (CInt(0)..<8_192).count { fcntl($0, F_GETFD) >= 0 }
  }

  private static var current: rlimit? {
    var limit = rlimit()
    return unsafe getrlimit(files, &limit) == 0 ? limit : nil
  }

  #if canImport(Glibc)
  private static let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
  private static let files = RLIMIT_NOFILE
  #endif
}
