import struct Foundation.URL

/// The rule for the URLs that callbacks go to.
enum CallbackURL {
  /// Whether a text is an absolute `http` or `https` URL with a host and, if any, a real port.
  ///
  /// The HTTP client traps on a port beyond 65,535.
  static func isValid(_ text: String) -> Bool {
    guard let url = URL(string: text), let scheme = url.scheme?.lowercased() else { return false }
    return (scheme == "http" || scheme == "https") && !(url.host ?? "").isEmpty
      && (1...65_535).contains(url.port ?? 80)
  }
}
