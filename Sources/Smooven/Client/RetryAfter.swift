internal import SmoovenCallbacks
internal import SmoovenSupport

package import struct Foundation.Date

/// The header field `Retry-After` (RFC 9110, section 10.2.3).
package enum RetryAfter {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Returns the pause that a value asks for, in seconds or as an HTTP date, or `nil` if the value is neither.
  ///
  /// The pause is at most 366 days.
  package static func pause(_ text: String, now: Date) -> Duration? {
    // There may be spaces and tabs around the value, but not within a number.
    let parts = text.split { $0 == " " || $0 == "\t" }
    if parts.count == 1, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return min(.seconds(Int64(parts[0]) ?? .max), SmoovenError.maximumTimeout)
    }
    guard let date = date(text) else { return nil }
    return .seconds(max(0, min(date.timeIntervalSince(now), SmoovenError.maximumTimeout.inSeconds)))
  }

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that senders may use (section 5.6.7).
  private static func date(_ text: String) -> Date? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", parts[1].count == 2,
      let month = months.firstIndex(of: String(parts[2]))
    else { return nil }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return RFC3339.parse("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
  }
}
