#if SQLiteSupport
package import Smooven

internal import struct Foundation.Data
internal import class Foundation.FileManager

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The clock of a store in a file, which is the machine's own, counted from its start and including the time it sleeps.
///
/// All processes that share the file read the same clock, and setting the wall clock doesn't change it.
package struct StoreClock: Sendable {
  /// Returns the current time.
  package var now: @Sendable () -> StoreInstant

  package init(now: @escaping @Sendable () -> StoreInstant) { self.now = now }

  /// The machine's clock.
  package static let system = StoreClock {
    StoreInstant(epoch: bootID, nanoseconds: nanoseconds())
  }

  // If the system doesn't identify its current run, leases from an earlier run may seem to last longer. That only
  // delays a send, while the opposite would repeat one.
  private static let bootID: String = readBootID() ?? "unknown"

  #if canImport(Darwin)
  private static func readBootID() -> String? {
    var size = 0
    guard unsafe sysctlbyname("kern.bootsessionuuid", nil, &size, nil, 0) == 0, size > 1 else { return nil }
    var text = [UInt8](repeating: 0, count: size)
    guard unsafe sysctlbyname("kern.bootsessionuuid", &text, &size, nil, 0) == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static let source = CLOCK_MONOTONIC
  #else
  private static func readBootID() -> String? {
    let path = "/proc/sys/kernel/random/boot_id"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let text = String(decoding: data.prefix { $0 > 0x20 }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }

  private static let source = CLOCK_BOOTTIME
  #endif

  private static func nanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(source, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
#endif
