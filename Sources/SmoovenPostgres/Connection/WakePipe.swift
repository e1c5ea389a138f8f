#if PostgresSupport
#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A pipe that wakes a thread that waits for a connection.
struct WakePipe: ~Copyable, Sendable {
  let reader: Int32
  private let writer: Int32

  init() throws(PostgresFault) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw PostgresFault(.connection, message: "no more files can be opened")
    }
    (reader, writer) = (ends[0], ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit {
    close(reader)
    close(writer)
  }

  /// Wakes the thread, either now or before it waits the next time.
  func wake() {
    var byte: UInt8 = 0
    // A full pipe wakes the thread too.
    _ = unsafe write(writer, &byte, 1)
  }

  /// Forgets that it was woken.
  func drain() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(reader, &bytes, bytes.count) == bytes.count {}
  }
}
#endif
