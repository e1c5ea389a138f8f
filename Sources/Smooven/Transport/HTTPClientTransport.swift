internal import AsyncHTTPClient
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The real transport, on async-http-client.
///
/// HTTP/2 where the server offers it. Redirects are not followed: a notification goes where it was addressed, and
/// so does the key.
public final class HTTPClientTransport: SmoovenTransport {
  private let client: HTTPClient
  private let maximumResponseSize: Int

  /// Makes a transport.
  ///
  /// - Parameters:
  ///   - connectTimeout: How long to wait for a connection, TLS included. 5 s.
  ///   - maximumConnections: How many HTTP/1.1 connections to keep open to the server. 64.
  ///   - maximumResponseSize: The most bytes of an answer's body. 1 MiB.
  public init(
    connectTimeout: Duration = .seconds(5),
    maximumConnections: Int = 64,
    maximumResponseSize: Int = 1_048_576
  ) {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout.connect = TimeAmount(connectTimeout)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, maximumConnections)
    // A request on a connection that the server is just closing is unclear; so close first.
    configuration.connectionPool.idleTimeout = .seconds(15)
    // A refused connection fails at once; when to try again is the caller's to decide.
    configuration.connectionPool.retryConnectionEstablishment = false
    // The SDK has a span for each send. Another here would say the same, and hand the trace's id to a stranger.
    configuration.tracing.tracer = nil
    client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    self.maximumResponseSize = maximumResponseSize
  }

  deinit {
    // A client that was never run has nobody to call shutdown().
    let client = client
    Task { try? await client.shutdown() }
  }

  /// Sends one request and collects the response.
  ///
  /// ``TransportRequest/willSend`` is called once the connection is established and the head is written.
  public func send(_ request: TransportRequest) async throws -> TransportResponse {
    let head = request.head
    guard let scheme = head.scheme, let authority = head.authority else {
      throw TransportError(.notSent, "the request has no scheme or authority")
    }
    var outgoing = HTTPClientRequest(url: "\(scheme)://\(authority)\(head.path ?? "/")")
    outgoing.method = HTTPMethod(rawValue: head.method.rawValue)
    for field in head.headerFields { outgoing.headers.add(name: field.name.rawName, value: field.value) }
    if let willSend = request.willSend {
      // Without a body, the head is the whole request.
      if request.body.isEmpty { try await willSend() }
      let body = AnnouncedBody(bytes: request.body, willSend: willSend)
      outgoing.body = request.body.isEmpty ? nil : .stream(body, length: .known(Int64(request.body.count)))
    } else if !request.body.isEmpty {
      outgoing.body = .bytes(ByteBuffer(bytes: request.body))
    }
    do {
      let (response, buffer) = try await exchange(outgoing, timeout: request.timeout)
      guard (100...999).contains(response.status.code) else {
        throw TransportError(.noResponse, "the response has no valid status")
      }
      var head = HTTPResponse(status: .init(code: Int(response.status.code)))
      for (name, value) in response.headers {
        if let name = HTTPField.Name(parsed: name.lowercased()) {
          head.headerFields.append(HTTPField(name: name, value: value))
        }
      }
      return TransportResponse(head: head, body: Array(buffer.readableBytesView))
    } catch {
      throw Self.classified(error)
    }
  }

  /// Closes all connections; requests under way fail.
  public func shutdown() async {
    try? await client.shutdown()
  }

  /// Sends and collects, all within the timeout: the client's own deadline ends with the head of the answer.
  private func exchange(
    _ request: HTTPClientRequest,
    timeout: Duration
  ) async throws -> (HTTPClientResponse, ByteBuffer) {
    let exchange = Task {
      let response = try await self.client.execute(request, timeout: TimeAmount(timeout))
      return (response, try await response.body.collect(upTo: self.maximumResponseSize))
    }
    // A timer of an event loop goes when it is cancelled; one of `Task.sleep` stays until its time has come, and with it
    // the memory of its task.
    let isLate = Atomic(false)
    let alarm = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(timeout)) {
      isLate.store(true, ordering: .relaxed)
      exchange.cancel()
    }
    defer { alarm.cancel() }
    do {
      return try await withTaskCancellationHandler {
        try await exchange.value
      } onCancel: {
        exchange.cancel()
      }
    } catch {
      guard isLate.load(ordering: .relaxed), !Task.isCancelled else { throw error }
      throw TransportError(.noResponse, "no whole answer came in time", cause: error)
    }
  }

  /// Only what happens before there is a connection is certain not to have been sent.
  private static func classified(_ error: any Error) -> any Error {
    if Task.isCancelled || error is CancellationError { return CancellationError() }
    if error is NIOConnectionError {
      return TransportError(.notSent, "the connection was refused or the host not found", cause: error)
    }
    if let error = error as? ChannelError, case .connectTimeout = error {
      return TransportError(.notSent, "no connection came about in time", cause: error)
    }
    // Only connecting can fail so; another code may come from a connection that was used.
    if let error = error as? IOError, error.errnoCode == ECONNREFUSED {
      return TransportError(.notSent, "the connection was refused", cause: error)
    }
    if error is TransportError { return error }
    if case .handshakeFailed? = error as? NIOSSLError {
      return TransportError(.notSent, "the TLS handshake failed", cause: error)
    }
    if error is NIOSSLExtraError {
      return TransportError(.notSent, "the TLS handshake failed", cause: error)
    }
    if let error = error as? HTTPClientError {
      let beforeConnection: [HTTPClientError] = [
        .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout, .alreadyShutdown, .invalidURL,
        .emptyHost, .emptyScheme,
      ]
      if beforeConnection.contains(error) || error.description.contains("unsupportedScheme") {
        return TransportError(.notSent, "no connection: \(error.shortDescription)", cause: error)
      }
      return TransportError(.noResponse, error.shortDescription, cause: error)
    }
    return TransportError(.noResponse, "the answer is missing", cause: error)
  }
}
