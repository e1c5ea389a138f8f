/// The names and addresses that mean this machine.
///
/// A server that is bound to loopback and is asked for another host is asked by a web page that a browser was tricked into
/// sending there (DNS rebinding).
package enum LoopbackHost {
  /// Indicates whether the host of an authority, such as `localhost:4010` or `[::1]:80`, is this machine.
  package static func isLoopback(authority: String) -> Bool {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return false }
      let rest = authority[authority.index(after: end)...]
      return (rest.isEmpty || isPort(rest)) && isLoopback(host: String(authority[..<end].dropFirst()))
    }
    let host = authority.prefix { $0 != ":" }
    let rest = authority[host.endIndex...]
    return (rest.isEmpty || isPort(rest)) && isLoopback(host: String(host))
  }

  /// Indicates whether a name or an address, an IPv6 one without brackets, is this machine.
  package static func isLoopback(host: String) -> Bool {
    let name = host.lowercased()
    if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" || name == "0:0:0:0:0:0:0:1" {
      return true
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in UInt8(part).map { "\($0)" == part } ?? false }
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.first == ":" && UInt16(text.dropFirst()) != nil
  }
}
