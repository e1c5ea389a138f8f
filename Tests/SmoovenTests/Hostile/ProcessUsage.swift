#if os(Linux)
import Foundation
import Glibc

/// What this process holds, according to the kernel.
struct ProcessUsage: Sendable, CustomStringConvertible {
  struct Unreadable: Error {}

  /// Resident memory, in bytes.
  var memory: Int
  /// Open file descriptors.
  var files: Int

  var description: String { "\(memory / 1_024) KiB resident, \(files) files" }

  /// Reads it, after the allocator has returned what it keeps for later.
  static func now() throws -> ProcessUsage {
    trim()
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kibibytes = line.split(separator: " ", omittingEmptySubsequences: true).compactMap({ Int($0) })
        .first
    else { throw Unreadable() }
    return ProcessUsage(memory: kibibytes * 1_024, files: try openFiles())
  }

  /// Counts the entries of `/proc/self/fd`.
  ///
  /// Foundation's list copies 256 bytes for each name, also for the last one in the C library's buffer of 32 KiB, which
  /// 1,365 descriptors fill: it crashes where no memory follows.
  private static func openFiles() throws -> Int {
    guard let folder = unsafe opendir("/proc/self/fd") else { throw Unreadable() }
    defer { unsafe closedir(folder) }
    var entries = 0
    while unsafe readdir(folder) != nil { entries += 1 }
    // Not the folder, the one above it, and the list itself.
    return entries - 3
  }

  /// Calls `malloc_trim`, which Swift's module of the C library doesn't include.
  private static func trim() {
    guard let symbol = unsafe dlsym(nil, "malloc_trim") else { return }
    typealias Trim = @convention(c) (Int) -> CInt
    _ = unsafe unsafeBitCast(symbol, to: Trim.self)(0)
  }

  /// Allows this process to open a number of files.
  ///
  /// If the system allows fewer, returns how many.
  static func allowFiles(_ count: Int) -> Int? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    guard limit.rlim_cur < count else { return nil }
    limit.rlim_cur = rlim_t(count)
    if limit.rlim_max < count { limit.rlim_max = rlim_t(count) }
    guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      return Int(limit.rlim_max)
    }
    return nil
  }
}
#endif
