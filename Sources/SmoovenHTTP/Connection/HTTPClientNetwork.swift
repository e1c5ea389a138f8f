internal import NIOCore

/// The network that a client connects from: an IPv4 address, or the first 64 bits of an IPv6 address.
///
/// An IPv6 subscriber has at least 64 bits to choose addresses from, so a whole address doesn't identify a subscriber.
enum HTTPClientNetwork: Hashable {
  case v4(UInt32)
  case v6(UInt64)

  /// Creates the network of an address, or returns `nil` for an address of another kind, such as that of a Unix socket.
  init?(_ address: SocketAddress?) {
    switch address {
    case .v4:
      self = .v4(UInt32(Self.number(address, 4..<8)))
    case .v6:
      // A socket for both families reports an IPv4 address as ::ffff:192.0.2.7.
      let isMapped = Self.number(address, 8..<16) == 0 && Self.number(address, 16..<20) == 0xFFFF
      self = isMapped ? .v4(UInt32(Self.number(address, 20..<24))) : .v6(Self.number(address, 8..<16))
    case .unixDomainSocket, nil:
      return nil
    }
  }

  /// Reads bytes of a `sockaddr_in`, whose address begins at byte 4, or a `sockaddr_in6`, where it begins at byte 8.
  private static func number(_ address: SocketAddress?, _ range: Range<Int>) -> UInt64 {
    let number = unsafe address?.withSockAddr { pointer, size in
      unsafe UnsafeRawBufferPointer(start: pointer, count: size).dropFirst(range.lowerBound)
        .prefix(range.count).reduce(0) { $0 << 8 | UInt64($1) }
    }
    return number ?? 0
  }
}
