internal import Foundation

/// The operating system's errors about files.
enum SystemError {
  /// Returns the text of an error number, such as `No such file or directory`.
  static func text(of code: CInt) -> String {
    POSIXErrorCode(rawValue: code).map { unsafe String(cString: strerror($0.rawValue)) } ?? "error \(code)"
  }

  /// The reason why a file can't be read.
  struct Code: Error {
    let value: CInt
  }

  /// Reads all bytes up to the end.
  ///
  /// - Throws: ``Code``.
  static func readAll(from descriptor: CInt) throws(Code) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let (count, code) = unsafe buffer.withUnsafeMutableBytes { buffer in
        // The buffer outlives the call, which writes at most its count.
        let count = unsafe Foundation.read(descriptor, buffer.baseAddress, buffer.count)
        return (count, count < 0 ? errno : 0)
      }
      if count > 0 {
        bytes += buffer.prefix(count)
      } else if count == 0 {
        return bytes
      } else if code != EINTR {
        throw Code(value: code)
      }
    }
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
