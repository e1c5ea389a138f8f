/// An absolute HTTP URL, checked and split once.
///
/// Nothing is encoded or corrected, and anything that isn't a URL is refused. Only white space at both ends is ignored,
/// because environment variables and mounted secrets often end with some.
package struct BaseURL: Sendable, Hashable {
  /// `http` or `https`.
  package let scheme: String
  /// The host, and the port if any.
  package let authority: String
  /// The path without a trailing slash, which is empty or a prefix that begins with a slash.
  package let path: String
  /// The host, with its brackets if it's an IPv6 address.
  package let host: String

  /// Parses an absolute HTTP URL.
  ///
  /// - Throws: ``SmoovenError`` with `invalidConfiguration`, which names the setting.
  package init(_ text: String, setting: String) throws(SmoovenError) {
    let text = Self.trimmed(text)
    if let scalar = text.unicodeScalars.first(where: { !Self.isLegal($0) }) {
      let code = String(scalar.value, radix: 16, uppercase: true)
      let name = "U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code
      throw .misconfigured(setting, "a URL cannot contain the character \(name); remove or percent-encode it")
    }
    guard let colon = text.firstRange(of: "://") else { throw .notAbsolute(setting) }
    let scheme = text[..<colon.lowerBound].lowercased()
    guard scheme == "https" || scheme == "http" else { throw .notAbsolute(setting) }
    let rest = text[colon.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    var path = rest[authority.endIndex...]
    guard !authority.contains("@"), !path.contains("?"), !path.contains("#") else {
      throw .misconfigured(setting, "it must have no user, password, query or fragment")
    }
    guard !path.contains(where: { "[]".contains($0) }), Self.isPercentEncoded(path) else {
      throw .misconfigured(setting, "percent-encode the brackets and percent signs in its path")
    }
    let host = authority.first == "[" ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    guard Self.isHost(host), authority.hasPrefix(host) else { throw .notAbsolute(setting) }
    let port = authority.dropFirst(host.count)
    guard port.isEmpty || Self.isPort(port) else {
      throw .misconfigured(setting, "the port must be between 1 and 65535")
    }
    while path.last == "/" { path = path.dropLast() }
    self.scheme = scheme
    self.authority = String(authority)
    self.host = String(host)
    self.path = String(path)
  }

  /// Whether the URL can only mean this machine.
  package var isLoopback: Bool {
    let address = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    return host == "localhost"
      || ["127.0.0.0/8", "::1"].contains { IPAddressRange($0)?.contains(address) == true }
  }

  /// The URL without a trailing slash.
  package var url: String { "\(scheme)://\(authority)\(path)" }

  private static func trimmed(_ text: String) -> Substring {
    let isSpace: (Unicode.Scalar) -> Bool = { $0 == " " || ("\t"..."\r").contains($0) }
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return Substring(scalars)
  }

  /// Returns whether a character may appear in a URL (RFC 3986, section 2).
  private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    ("!"..."~").contains(scalar) && !"\"<>\\^`{|}".unicodeScalars.contains(scalar)
  }

  private static func isPercentEncoded(_ path: Substring) -> Bool {
    path.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst().allSatisfy {
      $0.count >= 2 && $0.prefix(2).allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("[") {
      let address = host.dropFirst().dropLast()
      return address.contains(":") && !address.contains("/") && IPAddressRange(String(address)) != nil
    }
    return !host.isEmpty && !host.contains { "%[]".contains($0) }
  }

  private static func isPort(_ port: Substring) -> Bool {
    guard port.first == ":", port.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = UInt16(port.dropFirst())
    else { return false }
    return number > 0
  }
}

extension SmoovenError {
  fileprivate static func notAbsolute(_ setting: String) -> SmoovenError {
    .misconfigured(setting, "must be an absolute URL, such as https://host.example")
  }
}
