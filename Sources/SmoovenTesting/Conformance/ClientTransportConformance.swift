internal import HTTPTypes
public import Smooven
internal import Synchronization

/// The promises of `ClientTransport`, as checks to run in the tests of an implementation.
public struct ClientTransportConformance: Sendable {
  /// What a test's server must offer, all on one authority.
  public struct Server: Sendable {
    /// `host:port` of a server that answers `POST /echo` with status 201, the request's body, and its header
    /// `X-Probe` under the same name; `GET /redirect` with a 302 to `/echo`; and never answers `POST /silent`.
    public var authority: String
    /// `host:port` at which nothing listens.
    public var closedAuthority: String

    /// Describes a server.
    public init(authority: String, closedAuthority: String) {
      self.authority = authority
      self.closedAuthority = closedAuthority
    }
  }

  private let transport: any ClientTransport
  private let server: Server

  /// Makes the checks for a transport and a server that it can reach over plain HTTP.
  public init(transport: any ClientTransport, server: Server) {
    self.transport = transport
    self.server = server
  }

  /// Runs every check.
  ///
  /// - Throws: ``ConformanceFailure`` that names the promise, or what the transport threw.
  public func run() async throws {
    try await bodiesAreBytes()
    try await redirectsAreNotFollowed()
    try await refusedConnectionsAreNotSent()
    try await silenceIsUnclear()
    try await cancellationIsPrompt()
    try await theLastQuestionIsAsked()
  }

  private func request(
    _ method: HTTPRequest.Method,
    _ path: String,
    authority: String? = nil
  ) -> HTTPRequest {
    HTTPRequest(method: method, scheme: "http", authority: authority ?? server.authority, path: path)
  }

  private func bodiesAreBytes() async throws {
    let probe = HTTPField.Name("X-Probe").map { HTTPField(name: $0, value: "a, b") }
    var request = request(.post, "/echo")
    if let probe { request.headerFields.append(probe) }
    let body = Array(UInt8.min...UInt8.max)
    let response = try await transport.send(request, body: body, timeout: .seconds(10))
    try require(response.head.status.code == 201, "the status is the server's")
    try require(response.body == body, "bodies are bytes, both ways")
    try require(probe.map { response.head.headerFields[$0.name] == "a, b" } ?? true, "headers go both ways")
  }

  private func theLastQuestionIsAsked() async throws {
    let count = Mutex(0)
    let response = try await transport.send(request(.post, "/echo"), body: [1], timeout: .seconds(10)) {
      count.withLock { $0 += 1 }
    }
    try require(response.body == [1], "a body that may leave arrives")
    try require(count.withLock { $0 } == 1, "it asks once")
    struct No: Error {}
    do {
      _ = try await transport.send(request(.post, "/echo"), body: [1], timeout: .seconds(10)) { throw No() }
    } catch {
      return
    }
    throw ConformanceFailure("a body that may not leave is not sent")
  }

  private func redirectsAreNotFollowed() async throws {
    let response = try await transport.send(request(.get, "/redirect"), body: [], timeout: .seconds(10))
    try require(response.head.status.code == 302, "a redirect is returned, not followed")
  }

  private func refusedConnectionsAreNotSent() async throws {
    do {
      _ = try await transport.send(
        request(.post, "/echo", authority: server.closedAuthority),
        body: [1],
        timeout: .seconds(10)
      )
    } catch let error as TransportError {
      try require(error.code == .notSent, "a refused connection is 'not sent'")
      return
    }
    throw ConformanceFailure("a refused connection is a TransportError")
  }

  private func silenceIsUnclear() async throws {
    do {
      _ = try await transport.send(request(.post, "/silent"), body: [1], timeout: .milliseconds(100))
    } catch let error as TransportError {
      try require(error.code != .notSent, "a missing answer is not 'not sent'")
      return
    } catch {
      try require(!(error is CancellationError), "a timeout is no cancellation")
      return
    }
    throw ConformanceFailure("the timeout ends a request")
  }

  private func cancellationIsPrompt() async throws {
    let (transport, request) = (transport, request(.post, "/silent"))
    let task = Task { try await transport.send(request, body: [1], timeout: .seconds(3_600)) }
    task.cancel()
    let result = await task.result
    guard case .failure(let error) = result, error is CancellationError else {
      throw ConformanceFailure("a cancelled caller gets CancellationError")
    }
  }
}
