import struct Foundation.URLComponents

/// A base URL, taken apart once and checked.
package struct Endpoint: Sendable, Hashable {
  package let scheme: String
  package let authority: String
  /// The path without a slash at its end: empty, or a prefix that begins with one.
  package let path: String
  package let host: String

  /// Reads an absolute HTTP URL.
  ///
  /// - Throws: ``SmoovenError`` with `invalidConfiguration` that names the setting.
  package init(_ text: String, setting: String) throws(SmoovenError) {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      scheme == "https" || scheme == "http", let host = parts.encodedHost, !host.isEmpty,
      host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") })
    else {
      throw .misconfigured(setting, "an absolute URL is needed, such as https://host.example")
    }
    guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
      throw .misconfigured(setting, "it must have no user, password, query or fragment")
    }
    guard parts.port.map((1...65_535).contains) ?? true else {
      throw .misconfigured(setting, "the port must be between 1 and 65535")
    }
    self.scheme = scheme
    self.host = host
    authority = parts.port.map { "\(host):\($0)" } ?? host
    var path = parts.percentEncodedPath[...]
    while path.last == "/" { path = path.dropLast() }
    self.path = String(path)
  }

  /// Whether only this machine can be meant.
  package var isLoopback: Bool {
    let address = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    return host == "localhost"
      || ["127.0.0.0/8", "::1"].contains { IPAddressRange($0)?.contains(address) == true }
  }

  /// The URL without a slash at its end.
  package var url: String { "\(scheme)://\(authority)\(path)" }
}
