package import HTTPTypes
package import SmoovenCallbacks
package import SmoovenHTTP
internal import SmoovenSupport
internal import Synchronization

/// A server over Streamable HTTP, with one message per request, and a stream of events for each call that takes time.
///
/// There are no sessions. A client that disconnects cancels its call, and nothing else.
package final class MCPHTTPHandler: HTTPHeadHandler {
  private let server: MCPServer
  private let runner: ToolRunner
  private let tokens: [Secret]
  /// Known once the port is bound.
  private let access = Mutex<HTTPAccess?>(nil)
  private let permits: CallPermits

  /// The path of the server.
  package static let path = HTTPAccess.path

  /// Creates a handler, which refuses everything until its address is set.
  ///
  /// - Parameters:
  ///   - server: The server.
  ///   - tokens: The bearer tokens that clients may present.
  package init(_ server: MCPServer, tokens: [Secret]) {
    self.server = server
    self.tokens = tokens
    permits = CallPermits(limit: server.configuration.maximumCalls)
    var runner = server.runner
    runner.signsHandles = true
    self.runner = runner
  }

  /// Sets the address at which the port was bound, by which requests must name the server.
  package func open(at address: HTTPServerAddress) {
    access.withLock { $0 = HTTPAccess(host: address.host, port: address.port, tokens: tokens) }
  }

  package func refusal(of head: HTTPRequest) -> HTTPServerResponse? {
    guard let access = access.withLock({ $0 }) else {
      return HTTPServerResponse(status: .serviceUnavailable)
    }
    return access.refusal(of: head)
  }

  package func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
    if let refusal = refusal(of: request.head) { return .now(.response(refusal)) }
    switch RPCMessage(request.body) {
    case .notification, .response: return .now(.response(HTTPServerResponse(status: .accepted)))
    case .invalid(let error, let id): return .now(Self.response(error, id, .badRequest))
    case .request(let message): return .now(reply(to: message, request.head.headerFields))
    }
  }

  private func reply(to request: RPCRequest, _ fields: HTTPFields) -> HTTPServerReply {
    let negotiated: String?
    do {
      negotiated = try MCPHeaders.check(request, fields)
    } catch {
      return Self.response(error, request.id, .badRequest)
    }
    // Taken before it's known whether this is a call: what isn't gives it back immediately.
    let permit = permits.take()
    let room = permit == nil ? 0 : 1
    var peer = MCPPeer(identity: server.identity, maximumCalls: room, negotiated: negotiated)
    switch peer.receive(.request(request)).first {
    case .write(let bytes):
      return .response(Self.json(bytes, negotiated == nil ? Self.status(of: bytes) : .ok))
    case .start(let start): return stream(start, peer, permit)
    case .cancel, nil: return Self.response(.internalError("No response"), request.id, .internalServerError)
    }
  }

  /// Carries out a call while its client reads the stream.
  private func stream(
    _ start: MCPPeer.Start,
    _ peer: MCPPeer,
    _ permit: CallPermits.Permit?
  ) -> HTTPServerReply {
    let head = HTTPResponse(
      status: .ok,
      headerFields: [
        .contentType: "text/event-stream", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        Self.accelBuffering: "no",
      ]
    )
    return .stream(head) { [self] body in
      defer { permit?.release() }
      await EventStream(start, peer, body).run(runner)
    }
  }

  // swift-format-ignore: NeverForceUnwrap
  private static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!

  private static func response(
    _ error: RPCError,
    _ id: RPCID?,
    _ status: HTTPResponse.Status
  ) -> HTTPServerReply {
    .response(json(RPCOutput.error(error, id: id), status))
  }

  private static func json(_ bytes: [UInt8], _ status: HTTPResponse.Status) -> HTTPServerResponse {
    HTTPServerResponse(
      status: status,
      headerFields: [
        .contentType: "application/json", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
      ],
      body: bytes
    )
  }

  /// Returns the status for an immediate response of the modern era.
  private static func status(of bytes: [UInt8]) -> HTTPResponse.Status {
    guard let error = try? JSONValue(parsing: bytes)["error"] else { return .ok }
    switch error["code"] {
    case -32601: return .notFound
    case -32603: return .serviceUnavailable
    default: return .badRequest
    }
  }
}
