internal import HTTPTypes
internal import NIOHTTP1

extension HTTPRequest {
  /// Creates a request from its target: `/path`, `http://host/path`, or `*` with OPTIONS.
  ///
  /// This isn't a proxy, so any other form is refused.
  init(
    method: HTTPMethod,
    target: String,
    host: String?,
    isTLS: Bool,
    headerFields: HTTPFields
  ) throws(HTTPRefusal) {
    guard let method = HTTPRequest.Method(method.rawValue), method != .connect else {
      throw .malformed("method")
    }
    guard target.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw .malformed("target") }
    let scheme = isTLS ? "https" : "http"
    var authority = host
    var path = target[...]
    if target.utf8.first == UInt8(ascii: "/") || (target == "*" && method == .options) {
      // The path is used unchanged.
    } else if let absolute = Self.absoluteForm(target) {
      (authority, path) = (String(absolute.authority), absolute.path)
    } else {
      throw .malformed("target")
    }
    self.init(
      method: method,
      scheme: scheme,
      authority: authority,
      path: path.utf8.first == UInt8(ascii: "?") || path.isEmpty ? "/" + path : String(path),
      headerFields: headerFields
    )
  }

  /// Splits a target that names the host, which then takes precedence over the `Host` field.
  private static func absoluteForm(_ target: String) -> (authority: Substring, path: Substring)? {
    let lowercased = target.prefix(8).lowercased()
    guard let prefix = ["http://", "https://"].first(where: lowercased.hasPrefix) else { return nil }
    let rest = target.dropFirst(prefix.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.isEmpty, authority.isAuthority else { return nil }
    return (authority, rest.dropFirst(authority.count))
  }
}

extension StringProtocol {
  /// Whether all of the characters may occur in a host and port.
  var isAuthority: Bool {
    utf8.allSatisfy { authorityBytes[Int($0)] }
  }
}

private let authorityBytes: [Bool] = (UInt8.min...UInt8.max).map { byte in
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default:
    "-._~!$&'()*+;=%:[]".utf8.contains(byte)
  }
}
