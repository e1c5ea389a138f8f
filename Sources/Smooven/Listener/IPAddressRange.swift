#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// An IP address, or all addresses that share its first bits.
struct IPAddressRange: Sendable, Hashable {
  private let bytes: [UInt8]
  private let bits: Int

  /// Parses `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = parts.first, let bytes = Self.bytes(of: String(first)) else {
      return nil
    }
    guard parts.count == 2 else {
      self.bytes = bytes
      bits = bytes.count * 8
      return
    }
    guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let prefix = Int(parts[1]) else {
      return nil
    }
    // In `::ffff:192.0.2.0/120`, the first 96 bits only show that it's an IPv4 address.
    let bits = first.contains(":") && bytes.count == 4 ? prefix - 96 : prefix
    guard (0...bytes.count * 8).contains(bits) else { return nil }
    self.bytes = bytes
    self.bits = bits
  }

  func contains(_ address: String) -> Bool {
    guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
    for (index, (own, theirs)) in zip(bytes, other).enumerated() {
      let significant = min(max(bits - index * 8, 0), 8)
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> significant)
      if own & mask != theirs & mask { return false }
    }
    return true
  }

  /// Returns the 4 or 16 bytes of an address, of which an IPv4 address within IPv6 (`::ffff:192.0.2.7`) has 4.
  private static func bytes(of text: String) -> [UInt8]? {
    var v4 = in_addr()
    if unsafe inet_pton(AF_INET, text, &v4) == 1 {
      return unsafe withUnsafeBytes(of: v4) { unsafe Array($0) }
    }
    var v6 = in6_addr()
    guard unsafe inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
    let bytes = unsafe withUnsafeBytes(of: v6) { unsafe Array($0) }
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    return bytes.starts(with: mapped) ? Array(bytes.dropFirst(mapped.count)) : bytes
  }
}
