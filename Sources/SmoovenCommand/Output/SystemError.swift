import Foundation

/// What the operating system says of files.
enum SystemError {
  /// Returns the text of an error number, such as `No such file or directory`.
  static func text(of code: CInt) -> String {
    POSIXErrorCode(rawValue: code).map { unsafe String(cString: strerror($0.rawValue)) } ?? "error \(code)"
  }

  /// Writes all bytes.
  ///
  /// - Returns: The error number of a failure, and `nil` if all were written.
  static func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> CInt? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let (count, code) = unsafe rest.withUnsafeBytes { buffer in
        // The buffer outlives the call, which reads at most its count.
        let count = unsafe Foundation.write(descriptor, buffer.baseAddress, buffer.count)
        return (count, count < 0 ? errno : 0)
      }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if code == EAGAIN {
        // Another process made the shared terminal or pipe non-blocking.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&waiting, 1, -1)
      } else if code != EINTR {
        return code
      }
    }
    return nil
  }
}
