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
    names: inout HTTPFieldNames,
    configuration: HTTPServerConfiguration
  ) throws(HTTPRejection) {
    maximumBodySize = configuration.maximumBodySize
    isLegacy = head.version != .http1_1
    let incoming = try HTTPIncomingFields(head.headers, names: &names)
    guard incoming.host != nil || isLegacy else { throw .malformed("no host") }
    let contentLength = try incoming.contentLength(isLegacy: isLegacy)
    if let contentLength, contentLength > maximumBodySize { throw .bodyTooLarge }

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
    // The parser stops at an upgrade, and no upgrade is offered here: such a request is answered as the last one.
    keepsAlive = head.isKeepAlive && !incoming.hasUpgrade
    expectsContinue = !isLegacy && contentLength != 0 && incoming.expectsContinue
  }

  mutating func append(_ part: ByteBuffer) throws(HTTPRejection) {
    guard part.readableBytes <= maximumBodySize - request.body.count else { throw .bodyTooLarge }
    request.body.append(contentsOf: part.readableBytesView)
  }
}
