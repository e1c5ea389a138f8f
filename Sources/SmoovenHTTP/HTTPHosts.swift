internal import SmoovenSupport

/// The values of the `Host` field by which a server may be addressed.
///
/// A web page can let its own name resolve to the address of this server, and then read its responses as its own. Binding
/// to loopback doesn't help, and neither does `Origin`, which a GET of the page's own origin doesn't carry. But the page
/// can't change the `Host` field, which has its name.
package struct HTTPHosts: Sendable, Hashable {
  /// The names that are admitted, with or without a port, in lower case.
  private let names: Set<String>
  /// The port that goes with loopback names and addresses, or `nil` for any.
  private let port: Int?
  /// Whether every IP address is admitted: a page that is addressed by one can't be of another site.
  private let admitsAddresses: Bool

  /// Creates the hosts of a server.
  ///
  /// - Parameters:
  ///   - address: The address that was bound, or `nil` if it isn't known, and then loopback names may have any port.
  ///   - names: Further names, each with its port unless it is that of the scheme.
  package init(boundTo address: HTTPServerAddress?, names: Set<String> = []) {
    var names = Set(names.map { $0.lowercased() })
    port = address?.port
    admitsAddresses = address.map { !LoopbackHost.isLoopback(host: $0.host) } ?? false
    if let address { names.insert(address.description.lowercased()) }
    self.names = names
  }

  /// Indicates whether a request may have this host.
  package func admits(_ authority: String?) -> Bool {
    guard let authority = authority?.lowercased(), !authority.isEmpty else { return false }
    if names.contains(authority) { return true }
    guard let (host, port) = Self.split(authority), self.port == nil || port == self.port else {
      return false
    }
    return LoopbackHost.isLoopback(authority: host) || (admitsAddresses && Self.isAddress(host))
  }

  /// Indicates whether an origin is that of a page of this host.
  package static func isOwn(origin: String, authority: String?) -> Bool {
    guard let authority = authority?.lowercased() else { return false }
    let origin = origin.lowercased()
    return origin == "http://\(authority)" || origin == "https://\(authority)"
  }

  /// The host, an IPv6 address with its brackets, and the port, which defaults to 80.
  private static func split(_ authority: String) -> (host: String, port: Int)? {
    let end = authority.lastIndex(of: "]") ?? authority.startIndex
    guard let colon = authority[end...].lastIndex(of: ":") else { return (authority, 80) }
    let digits = authority[authority.index(after: colon)...]
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits) else { return nil }
    return (String(authority[..<colon]), port)
  }

  private static func isAddress(_ host: String) -> Bool {
    if host.hasPrefix("["), host.hasSuffix("]") {
      return host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil && $0.utf8.allSatisfy { $0 != 0x2B } }
  }
}
