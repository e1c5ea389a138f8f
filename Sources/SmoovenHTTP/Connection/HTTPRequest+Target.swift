internal import HTTPTypes
internal import NIOHTTP1

extension HTTPRequest {
  /// Takes the request target apart: `/path`, `http://host/path`, or `*` with OPTIONS.
  ///
  /// There is no proxy here, so any other form is refused.
  init(
    method: HTTPMethod,
    target: String,
    host: String?,
    isTLS: Bool,
    headerFields: HTTPFields
  ) throws(HTTPRejection) {
    guard let method = HTTPRequest.Method(method.rawValue), method != .connect else {
      throw .malformed("method")
    }
    guard target.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw .malformed("target") }
    let scheme = isTLS ? "https" : "http"
    var authority = host
    var path = target[...]
    if target.utf8.first == UInt8(ascii: "/") || (target == "*" && method == .options) {
      // Taken as it is.
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

  /// In this form the target, not the `Host` field, says which host is meant.
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
  /// Whether this has only the characters of a host and a port.
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
