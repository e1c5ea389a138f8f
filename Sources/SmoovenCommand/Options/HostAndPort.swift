internal import ArgumentParser

/// An address to bind: `127.0.0.1:8080`, `[::1]:8080`, `:8080` or `8080`.
struct HostAndPort: ExpressibleByArgument, Sendable {
  let host: String
  let port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  init?(argument: String) {
    let colon = argument.lastIndex(of: ":")
    let digits = colon.map { argument[argument.index(after: $0)...] } ?? argument[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
      (0...65_535).contains(port)
    else { return nil }
    var host = argument[..<(colon ?? argument.startIndex)]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    self.host = host.isEmpty ? "127.0.0.1" : String(host)
    self.port = port
  }
}
