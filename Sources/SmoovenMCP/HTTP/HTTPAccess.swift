internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenHTTP
internal import SmoovenSupport

/// The access to a server over HTTP, as pure checks of a request's head in a fixed order.
struct HTTPAccess: Sendable {
  /// The path of the server.
  static let path = "/mcp"

  /// The hosts by which the server may be addressed, or `nil` for any.
  var hosts: HTTPHosts?
  /// The web origins whose pages may send requests.
  var origins: Set<String>
  /// The bearer tokens, each of which is accepted.
  var tokens: [Secret]

  /// Creates the access to a server that listens at an address.
  init(host: String, port: Int, tokens: [Secret]) {
    let names = Set(
      [host, "localhost", "127.0.0.1", "::1"].map { "\(HTTPServerAddress(host: $0, port: port))" }
    )
    // A server that is bound to another address is reached by names that only its administrator knows.
    let address = HTTPServerAddress(host: host, port: port)
    hosts = LoopbackHost.isLoopback(host: host) ? HTTPHosts(boundTo: address) : nil
    origins = Set(names.map { "http://\($0)" })
    self.tokens = tokens
  }

  /// Returns the response to a request that must be refused, or `nil` if the request may pass.
  func refusal(of head: HTTPRequest) -> HTTPServerResponse? {
    if let origin = head.headerFields[.origin], !origins.contains(origin.lowercased()) {
      return HTTPServerResponse(status: .forbidden)
    }
    if let hosts, !hosts.admits(head.authority) {
      return HTTPServerResponse(status: .forbidden)
    }
    guard isAuthorized(head) else {
      return HTTPServerResponse(status: .unauthorized, headerFields: [.wwwAuthenticate: "Bearer"])
    }
    let path = head.path.map { $0.prefix { $0 != "?" } }
    guard path == Self.path[...] || path == (Self.path + "/")[...] else {
      return HTTPServerResponse(status: .notFound)
    }
    guard head.method == .post else {
      return HTTPServerResponse(status: .methodNotAllowed, headerFields: [.allow: "POST"])
    }
    guard head.headerFields.mediaType == "application/json" else {
      return HTTPServerResponse(status: .unsupportedMediaType)
    }
    return nil
  }

  private func isAuthorized(_ head: HTTPRequest) -> Bool {
    head.headerFields.bearerToken.map { tokens.contains(Secret($0)) } ?? false
  }
}
