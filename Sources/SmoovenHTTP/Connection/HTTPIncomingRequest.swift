internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// A request on its way in: checked, then filled with its body.
struct HTTPIncomingRequest {
  private(set) var request: HTTPServerRequest

  /// Whether the connection may serve another request after this one.
  let keepsAlive: Bool

  /// Whether the client speaks HTTP/1.0, where keeping a connection has to be said.
  let isLegacy: Bool

  /// Whether the client waits for a 100 before it sends the body.
  let expectsContinue: Bool

  private let maximumBodySize: Int

  /// Refuses what the parser lets through but two servers might read differently.
  init(
    _ head: HTTPRequestHead,
    from remoteAddress: String?,
    configuration: HTTPServerConfiguration
  ) throws(HTTPRejection) {
    maximumBodySize = configuration.maximumBodySize
    isLegacy = head.version != .http1_1
    let (fields, host) = try Self.fields(head.headers, hostRequired: !isLegacy)
    let contentLength = try Self.contentLength(fields, isLegacy: isLegacy)
    if let contentLength, contentLength > maximumBodySize { throw .bodyTooLarge }

    request = HTTPServerRequest(
      head: try HTTPRequest(
        method: head.method,
        target: head.uri,
        host: host,
        isTLS: configuration.tls != nil,
        headerFields: fields
      ),
      remoteAddress: remoteAddress
    )
    // The parser stops at an upgrade, and no upgrade is offered here: such a request is answered as the last one.
    keepsAlive = head.isKeepAlive && fields[.upgrade] == nil
    expectsContinue = !isLegacy && contentLength != 0 && fields[.expect]?.lowercased() == "100-continue"
  }

  mutating func append(_ part: ByteBuffer) throws(HTTPRejection) {
    guard part.readableBytes <= maximumBodySize - request.body.count else { throw .bodyTooLarge }
    request.body.append(contentsOf: part.readableBytesView)
  }
}

extension HTTPIncomingRequest {
  private static func fields(
    _ headers: HTTPHeaders,
    hostRequired: Bool
  ) throws(HTTPRejection) -> (HTTPFields, host: String?) {
    var fields = HTTPFields()
    fields.reserveCapacity(headers.count)
    var host: String?
    for (name, value) in headers {
      guard let name = HTTPField.Name(name) else { throw .malformed("header name") }
      guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
        throw .malformed("header value")
      }
      let field = HTTPField(name: name, value: value)
      guard name.canonicalName == "host" else {
        fields.append(field)
        continue
      }
      guard host == nil else { throw .malformed("more than one host") }
      guard field.value.isAuthority else { throw .malformed("host") }
      host = field.value
    }
    guard host != nil || !hostRequired else { throw .malformed("no host") }
    return (fields, host)
  }

  /// The announced length of the body, `nil` when it comes in chunks.
  private static func contentLength(_ fields: HTTPFields, isLegacy: Bool) throws(HTTPRejection) -> Int? {
    var lengths = (count: 0, last: "")
    var codings = (count: 0, last: "")
    for field in fields {
      switch field.name {
      case .contentLength: lengths = (lengths.count + 1, field.value)
      case .transferEncoding: codings = (codings.count + 1, field.value)
      default: continue
      }
    }
    switch (lengths.count, codings.count) {
    case (0, 0):
      return 0
    case (0, 1) where !isLegacy && codings.last.lowercased() == "chunked":
      return nil
    case (1, 0):
      guard lengths.last.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let length = Int(lengths.last) else {
        throw .malformed("content length")
      }
      return length
    default:
      throw .malformed("ambiguous body length")
    }
  }
}
