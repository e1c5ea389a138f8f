internal import HTTPTypes
public import Smooven
internal import Synchronization

/// The promises of `SmoovenTransport`, as checks to run in the tests of an implementation.
public struct SmoovenTransportConformance: Sendable {
  /// The server that the checks send to.
  public struct Server: Sendable {
    /// The `host:port` of the server.
    ///
    /// It responds to `POST /echo` with status 201, the request's body, and the request's header `X-Probe`, and to
    /// `GET /redirect` with a 302 to `/echo`. It never responds to `POST /silent`.
    public var authority: String
    /// A `host:port` at which nothing listens.
    public var closedAuthority: String
    /// Returns the number of requests with a body that `POST /echo` has received so far.
    public var bodyCount: @Sendable () async -> Int

    /// Creates the description of a server.
    public init(
      authority: String,
      closedAuthority: String,
      bodyCount: @escaping @Sendable () async -> Int
    ) {
      self.authority = authority
      self.closedAuthority = closedAuthority
      self.bodyCount = bodyCount
    }
  }

  private let transport: any SmoovenTransport
  private let server: Server

  /// Creates the checks for a transport and a server that it can reach over plain HTTP.
  public init(transport: any SmoovenTransport, server: Server) {
    self.transport = transport
    self.server = server
  }

  /// Runs every check.
  ///
  /// - Throws: ``ConformanceFailure``, which names the promise, or the error that the transport threw.
  public func run() async throws {
    try await bodiesAreBytes()
    try await redirectsAreNotFollowed()
    try await refusedConnectionsAreNotSent()
    try await silenceIsUnclear()
    try await cancellationIsPrompt()
    try await theLastQuestionIsAskedOnce()
    try await withheldBodiesAreNotSent()
    try await cancellationIsPromptWhileAsking()
  }

  private func request(
    _ method: HTTPRequest.Method,
    _ path: String,
    authority: String? = nil,
    body: [UInt8] = [],
    timeout: Duration = .seconds(10),
    willSend: (@Sendable () async throws -> Void)? = nil
  ) -> TransportRequest {
    TransportRequest(
      head: HTTPRequest(method: method, scheme: "http", authority: authority ?? server.authority, path: path),
      body: body,
      timeout: timeout,
      willSend: willSend
    )
  }

  private func bodiesAreBytes() async throws {
    let probe = HTTPField.Name("X-Probe").map { HTTPField(name: $0, value: "a, b") }
    let body = Array(UInt8.min...UInt8.max)
    var request = request(.post, "/echo", body: body)
    if let probe { request.head.headerFields.append(probe) }
    let response = try await transport.send(request)
    try require(response.head.status.code == 201, "the status is the server's")
    try require(response.body == body, "bodies are bytes, both ways")
    try require(probe.map { response.head.headerFields[$0.name] == "a, b" } ?? true, "headers go both ways")
  }

  private func redirectsAreNotFollowed() async throws {
    let response = try await transport.send(request(.get, "/redirect"))
    try require(response.head.status.code == 302, "a redirect is returned, not followed")
  }

  private func refusedConnectionsAreNotSent() async throws {
    let error = await failure(of: request(.post, "/echo", authority: server.closedAuthority, body: [1]))
    guard let error = error as? TransportError else {
      throw ConformanceFailure("a refused connection is a TransportError")
    }
    try require(error.code == .notSent, "a refused connection is 'not sent'")
  }

  private func silenceIsUnclear() async throws {
    let error = await failure(of: request(.post, "/silent", body: [1], timeout: .milliseconds(100)))
    try require(error != nil, "the timeout ends a request")
    try require(!(error is CancellationError), "a timeout isn't a cancellation")
    if let error = error as? TransportError {
      try require(error.code == .noResponse, "a missing response is 'no response'")
    }
  }

  private func cancellationIsPrompt() async throws {
    let (transport, request) = (transport, request(.post, "/silent", body: [1], timeout: .seconds(3_600)))
    let task = Task { try await transport.send(request) }
    task.cancel()
    guard case .failure(let error) = await task.result, error is CancellationError else {
      throw ConformanceFailure("a cancelled caller gets CancellationError")
    }
  }

  private func theLastQuestionIsAskedOnce() async throws {
    for body: [UInt8] in [[1], []] {
      let before = await server.bodyCount()
      let bodyCounts = Mutex<[Int]>([])
      let response = try await transport.send(
        request(.post, "/echo", body: body) { [server] in
          let received = await server.bodyCount()
          bodyCounts.withLock { $0.append(received) }
        }
      )
      try require(response.body == body, "a body that may be sent arrives")
      let whenAsked = bodyCounts.withLock(\.self)
      try require(whenAsked.count == 1, "it asks exactly once, even if the body is empty")
      try require(whenAsked == [before], "it asks before the body is sent")
    }
  }

  private func withheldBodiesAreNotSent() async throws {
    struct No: Error {}
    let before = await server.bodyCount()
    let error = await failure(of: request(.post, "/echo", body: [1]) { throw No() })
    guard let error = error as? TransportError, error.code == .withheld else {
      throw ConformanceFailure("a send that was withheld is 'withheld'")
    }
    try require(error.cause is No, "a withheld send carries the reason as its cause")
    // If the withheld body was sent anyway, it would have arrived before this one.
    _ = try await transport.send(request(.post, "/echo", body: [2]))
    try require(await server.bodyCount() == before + 1, "a withheld body is not sent")
  }

  private func cancellationIsPromptWhileAsking() async throws {
    let before = await server.bodyCount()
    let (asked, asking) = AsyncStream<Void>.makeStream()
    let (never, end) = AsyncStream<Void>.makeStream()
    defer { end.finish() }
    let request = request(.post, "/echo", body: [1], timeout: .seconds(3_600)) {
      asking.yield()
      for await _ in never {}
      try Task.checkCancellation()
    }
    let transport = transport
    let task = Task { try await transport.send(request) }
    for await _ in asked { break }
    task.cancel()
    guard case .failure(let error) = await task.result, error is CancellationError else {
      throw ConformanceFailure("a caller that is cancelled while it is asked gets CancellationError")
    }
    try require(await server.bodyCount() == before, "a cancelled caller's body is not sent")
  }

  private func failure(of request: TransportRequest) async -> (any Error)? {
    do {
      _ = try await transport.send(request)
      return nil
    } catch {
      return error
    }
  }
}
