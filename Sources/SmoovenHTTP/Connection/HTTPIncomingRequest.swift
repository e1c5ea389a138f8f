internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// A request that is being received, whose head is checked before its body is appended.
struct HTTPIncomingRequest {
  private var request: HTTPServerRequest?

  /// Whether the response has no body.
  let isHead: Bool

  /// Whether the connection may serve another request after this one.
  let keepsAlive: Bool

  /// Whether the client uses HTTP/1.0, in which a connection is kept only if both sides say so.
  let isLegacy: Bool

  /// Whether the client waits for a 100 response before it sends the body.
  let expectsContinue: Bool

  /// Whether the body is chunked, so that its size on the wire is unknown.
  var isChunked: Bool { contentLength == nil }

  /// The announced length of the body, or `nil` if it's chunked.
  private let contentLength: Int?

  private let maximumBodySize: Int

  /// The head, if the request announces a body.
  var headBeforeBody: HTTPRequest? { contentLength == 0 ? nil : request?.head }

  /// Creates a request, and refuses heads that the parser accepts but that two servers might read differently.
  init(
    _ head: HTTPRequestHead,
    from remoteAddress: String?,
    names: inout HTTPFieldNames,
    configuration: HTTPServerConfiguration
  ) throws(HTTPRefusal) {
    maximumBodySize = configuration.maximumBodySize
    isLegacy = head.version != .http1_1
    let incoming = try HTTPIncomingFields(head.headers, names: &names)
    guard incoming.host != nil || isLegacy else { throw .malformed("no host") }
    contentLength = try incoming.contentLength(isLegacy: isLegacy)

    isHead = head.method == .HEAD
    request = HTTPServerRequest(
      head: try HTTPRequest(
        method: head.method,
        target: head.uri,
        host: incoming.host,
        isTLS: configuration.tls != nil,
        headerFields: incoming.fields
      ),
      remoteAddress: remoteAddress
    )
    // The parser stops after a request that asks for an upgrade. Upgrades aren't supported, so this request is the last
    // one.
    keepsAlive = head.isKeepAlive && !incoming.hasUpgrade
    expectsContinue = !isLegacy && contentLength != 0 && incoming.expectsContinue
  }

  /// Refuses a body whose announced length is too large.
  func checkLength() throws(HTTPRefusal) {
    if let contentLength, contentLength > maximumBodySize { throw .bodyTooLarge }
  }

  mutating func append(_ part: ByteBuffer) throws(HTTPRefusal) {
    guard part.readableBytes <= maximumBodySize - (request?.body.count ?? 0) else { throw .bodyTooLarge }
    request?.body.append(contentsOf: part.readableBytesView)
  }

  /// Hands over the complete request, once, so that no copy of it is made.
  mutating func take() -> HTTPServerRequest? { request.take() }
}
