internal import struct Foundation.URL

/// The rule for the URLs that callbacks are sent to.
enum CallbackURL {
  /// Returns whether a text is an absolute `http` or `https` URL with a host and, if any, a valid port.
  ///
  /// Characters that a URL can't contain are refused and not encoded, because the callback would otherwise go to a path
  /// that its sender didn't intend.
  static func isValid(_ text: String) -> Bool {
    guard text.unicodeScalars.allSatisfy(isLegal),
      let url = URL(string: text, encodingInvalidCharacters: false),
      let scheme = url.scheme?.lowercased(), let host = url.host, !host.isEmpty
    else { return false }
    return (scheme == "http" || scheme == "https") && hasRealPort(text)
  }

  private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    ("!"..."~").contains(scalar) && !"\"<>\\^`{|}".unicodeScalars.contains(scalar)
  }

  /// Returns whether the port, if any, is valid, because Foundation reads a port that is too large as no port.
  private static func hasRealPort(_ text: String) -> Bool {
    let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? ""
    let authority = rest.prefix { !"/?#".contains($0) }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    let afterAddress = host.lastIndex(of: "]").map { host[$0...].dropFirst() } ?? host
    guard let colon = afterAddress.firstIndex(of: ":") else { return true }
    let port = afterAddress[colon...].dropFirst()
    return port.utf8.allSatisfy { (0x30...0x39).contains($0) } && (UInt16(port) ?? 0) > 0
  }
}
