public import AsyncHTTPClient
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// A transport that sends with async-http-client.
///
/// It uses HTTP/2 if the server offers it. It doesn't follow redirects, so a notification and the key are sent only
/// where they were addressed.
///
/// The number of requests in flight is limited. Above the limit, a request waits for its turn for up to half of its
/// timeout, and then fails with ``TransportError/Code/overloaded``, so that a busy client isn't mistaken for an
/// unreachable host.
public final class HTTPClientTransport: SmoovenTransport {
  private let client: HTTPClient
  private let ownsClient: Bool
  private let slots: RequestSlots
  private let failures = ConnectFailures()
  private let connectTimeout: TimeAmount
  private let maximumResponseSize: Int

  /// Creates a transport with its own connections.
  ///
  /// - Parameters:
  ///   - connectTimeout: The maximum time to connect, TLS included, between 1 millisecond and 366 days. Defaults to 5
  ///     seconds.
  ///   - maximumConnections: The maximum number of HTTP/1.1 connections to the server, and of requests in flight.
  ///     Defaults to 64.
  ///   - maximumResponseSize: The maximum number of bytes in the body of a response. Defaults to 1 MiB.
  public init(
    connectTimeout: Duration = .seconds(5),
    maximumConnections: Int = 64,
    maximumResponseSize: Int = 1_048_576
  ) {
    self.connectTimeout = TimeAmount(min(max(connectTimeout, .milliseconds(1)), SmoovenError.maximumTimeout))
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout.connect = self.connectTimeout
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, maximumConnections)
    // A request on a connection that the server is about to close would be unclear, so the client closes it first.
    configuration.connectionPool.idleTimeout = .seconds(15)
    // A refused connection fails immediately, and the caller decides when to retry.
    configuration.connectionPool.retryConnectionEstablishment = false
    // The SDK has a span for each send. Another span here would repeat it, and would send the trace's id to the server.
    configuration.tracing.tracer = nil
    client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    ownsClient = true
    slots = RequestSlots(count: maximumConnections)
    self.maximumResponseSize = max(0, maximumResponseSize)
  }

  /// Creates a transport that sends with a client that you run and shut down yourself.
  ///
  /// Configure the client not to follow redirects (`redirectConfiguration: .disallow`). If it does follow one, the
  /// transport still returns the redirect.
  ///
  /// - Parameters:
  ///   - client: The client. It must outlive the transport.
  ///   - maximumConcurrentRequests: The maximum number of requests in flight. It should be at most the client's limit of
  ///     connections to a host, which is 8 by default. Defaults to 8.
  ///   - maximumResponseSize: The maximum number of bytes in the body of a response. Defaults to 1 MiB.
  public init(
    client: HTTPClient,
    maximumConcurrentRequests: Int = 8,
    maximumResponseSize: Int = 1_048_576
  ) {
    self.client = client
    ownsClient = false
    slots = RequestSlots(count: maximumConcurrentRequests)
    connectTimeout = .seconds(10)
    self.maximumResponseSize = max(0, maximumResponseSize)
  }

  deinit {
    guard ownsClient else { return }
    // A client that was never run doesn't shut down its transport.
    let client = client
    Task { try? await client.shutdown() }
  }

  /// Sends one request and collects the response.
  ///
  /// ``TransportRequest/willSend`` is called once the connection is established and the head is written.
  public func send(_ request: TransportRequest) async throws -> TransportResponse {
    let outgoing = try OutgoingRequest(request, isReplayable: ownsClient)
    let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
    let start = NIODeadline.now()
    // A request that waited any longer would have too little time left for its response.
    guard try await slots.take(deadline: start + TimeAmount(request.timeout / 2), on: eventLoop) else {
      throw TransportError(
        .overloaded,
        "\(slots.count) requests are in flight already, and none ended in time"
      )
    }
    defer { slots.release() }
    // Without a body, the head is the whole request.
    if request.body.isEmpty { try await request.willSend?() }
    while true {
      let mark = failures.mark
      do {
        return try await exchange(outgoing, deadline: start + TimeAmount(request.timeout), on: eventLoop)
      } catch let error as TransportError where error.code == .notSent || error.code == .overloaded {
        let isOver = NIODeadline.now() >= start + connectTimeout
        if isOver || outgoing.mayHaveBeenSent || failures.take(since: mark) { throw error }
      }
    }
  }

  /// Closes all connections, so that requests in flight fail.
  ///
  /// A client that was passed in stays open.
  public func shutdown() async {
    if ownsClient { try? await client.shutdown() }
  }

  /// Sends a request and collects the whole response before the deadline, because async-http-client's own deadline
  /// covers only the response's head.
  private func exchange(
    _ request: OutgoingRequest,
    deadline: NIODeadline,
    on eventLoop: any EventLoop
  ) async throws -> TransportResponse {
    let exchange = Task {
      let response = try await self.client.execute(request.request, deadline: deadline)
      // A client that was passed in may have followed a redirect.
      if let first = response.history.first, response.history.count > 1 {
        return (first.responseHead.status, first.responseHead.headers, ByteBuffer())
      }
      let body = try await response.body.collect(upTo: self.maximumResponseSize)
      return (response.status, response.headers, body)
    }
    // An event loop's timer is removed when it's cancelled. A timer of `Task.sleep` stays until it's due, and keeps the
    // memory of its task.
    let isLate = Atomic(false)
    let alarm = eventLoop.scheduleTask(deadline: deadline) {
      isLate.store(true, ordering: .relaxed)
      exchange.cancel()
    }
    defer { alarm.cancel() }
    do {
      let (status, fields, body) = try await withTaskCancellationHandler {
        try await exchange.value
      } onCancel: {
        exchange.cancel()
      }
      return try TransportResponse(status, fields, body)
    } catch {
      if Task.isCancelled { throw CancellationError() }
      let isLate = isLate.load(ordering: .relaxed)
      throw request.failure(isLate ? nil : error, cause: error)
    }
  }
}
