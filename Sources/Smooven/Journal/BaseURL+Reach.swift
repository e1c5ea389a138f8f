extension BaseURL {
  /// The machines that can reach a URL, as far as its host says.
  enum Reach {
    case loopback, privateNetwork, anywhere
  }

  private static let privateRanges = [
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "0.0.0.0/8",
    "fc00::/7",
    "fe80::/10", "::",
  ].compactMap { IPAddressRange($0) }
  private static let privateSuffixes = [".local", ".internal", ".lan", ".home.arpa", ".localdomain"]

  var reach: Reach {
    let name = (host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host).lowercased()
    if isLoopback || name.hasSuffix(".localhost") { return .loopback }
    if Self.privateRanges.contains(where: { $0.contains(name) }) { return .privateNetwork }
    // The name of a machine or a container, which no public name server knows.
    let isSingleLabel = !name.contains(".") && !name.contains(":")
    return isSingleLabel || Self.privateSuffixes.contains { name.hasSuffix($0) } ? .privateNetwork : .anywhere
  }
}
