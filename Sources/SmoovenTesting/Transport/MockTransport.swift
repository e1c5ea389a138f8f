public import HTTPTypes
public import Smooven
internal import SmoovenSupport

/// A transport that replaces Smooven without a network, with scripted responses, recorded requests, and callbacks with
/// real signatures.
///
/// Each request gets the next scripted response, and the default response once the script is used up. Callbacks are
/// sent to the receiver that was passed to ``deliverCallbacks(to:)``, before, with or after the response, and pass
/// through the same verification as on a socket.
public final class MockTransport: SmoovenTransport {
  /// A request that was sent.
  public struct Request: Sendable, SafelyDescribed {
    /// The method, path and header fields.
    public let head: HTTPRequest
    /// The body.
    public let body: [UInt8]
    /// The body as JSON, or `null` if the body isn't JSON.
    ///
    /// It's parsed at each access.
    public var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    /// The URL at which the client wants its callbacks.
    public var callbackURL: String? { json["callback_url"]?.stringValue }
    /// The method and the path.
    public var description: String { "\(head.method.rawValue) \(head.path ?? "/")" }
  }

  private struct State: Sendable {
    var requests: [Request] = []
    var script: [MockAnswer] = []
    var fallback: MockAnswer
    var receiver: CallbackReceiver?
    var notificationCount = 0
  }

  private let state: Watched<State>
  private let secretKey: Secret
  private let clock: any Clock<Duration>

  /// Creates a transport.
  ///
  /// - Parameters:
  ///   - secretKey: The key to sign callbacks with, which is the client's own.
  ///   - answer: The response to every request that has no scripted one. Defaults to accepting the notification and
  ///     then delivering it.
  ///   - clock: The clock for the timeouts of requests. Defaults to the continuous clock.
  public init(
    secretKey: Secret,
    answer: MockAnswer = .accepted(callbacks: [.delivered]),
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.secretKey = secretKey
    self.clock = clock
    state = Watched(State(fallback: answer))
  }

  /// The requests so far, in the order in which they were sent.
  public var requests: [Request] { state.read(\.requests) }

  /// The number of requests so far.
  public var requestCount: Int { state.read(\.requests.count) }

  /// Waits until `count` requests have been sent.
  ///
  /// Use it in a test with a manual clock before time moves on. Otherwise the request may not have been sent yet.
  ///
  /// - Throws: `CancellationError` if cancelled.
  public func waitForRequests(_ count: Int) async throws {
    try await state.first { $0.requests.count >= count ? () : nil }
  }

  /// Sets the receiver of callbacks, which is `client.receiver`.
  ///
  /// Until it's set, no callbacks are delivered.
  public func deliverCallbacks(to receiver: CallbackReceiver) {
    state.update { $0.receiver = receiver }
  }

  /// Adds responses to the next requests, one for each request.
  public func script(_ answers: MockAnswer...) {
    state.update { $0.script += answers }
  }

  /// Delivers one callback immediately, for a notification that was accepted or is about to be.
  ///
  /// - Parameters:
  ///   - callback: The callback.
  ///   - notificationID: The notification's id.
  ///   - url: The callback URL of the notification's request. Defaults to the path for all callbacks.
  /// - Returns: The status of the receiver's response, or `nil` if there's no receiver.
  @discardableResult
  public func deliver(
    _ callback: MockCallback,
    notificationID: String,
    to url: String = "/callbacks/smooven"
  ) async -> HTTPResponse.Status? {
    guard let receiver = state.read(\.receiver) else { return nil }
    let fixture = callback.fixture(notificationID: notificationID)
    return await receiver.receive(fixture.request(to: url, secret: secretKey)).status
  }

  /// Returns the next scripted response.
  ///
  /// The request is recorded once its `willSend` has allowed it.
  public func send(_ request: TransportRequest) async throws -> TransportResponse {
    try Task.checkCancellation()
    try await request.willSend?()
    let recorded = Request(head: request.head, body: request.body)
    // Nothing that takes time comes before this, because the client has asked for the last time whether to send.
    var (answer, number) = state.update { state in
      state.requests.append(recorded)
      state.notificationCount += 1
      return (state.script.isEmpty ? state.fallback : state.script.removeFirst(), state.notificationCount)
    }
    while case .chosen(let choose) = answer.reply { answer = choose(recorded) }
    let id = answer.notificationID ?? "ntf_mock_\(number)"
    let url = recorded.callbackURL ?? "/callbacks/smooven"
    for callback in answer.callbacks where callback.timing == .before {
      await deliver(callback, notificationID: id, to: url)
    }
    let later = answer.callbacks.filter { $0.timing != .before }
    if !later.isEmpty { Task { await self.deliver(later, notificationID: id, to: url) } }
    switch answer.reply {
    case .json(let status, let body, let headerFields):
      let accepted = body["notification_id"] == .null ? body.setting("notification_id", .string(id)) : body
      return TransportResponse(
        head: HTTPResponse(status: .init(code: status), headerFields: headerFields),
        body: accepted.encoded
      )
    case .bytes(let status, let bytes, let headerFields):
      return TransportResponse(
        head: HTTPResponse(status: .init(code: status), headerFields: headerFields),
        body: bytes
      )
    case .failure(let error): throw error
    case .nothing, .chosen:
      try await clock.sleep(for: request.timeout)
      throw TransportError(.noResponse, "no response arrived in time")
    }
  }

  private func deliver(_ callbacks: [MockCallback], notificationID: String, to url: String) async {
    for callback in callbacks {
      if callback.timing == .after, let receiver = state.read(\.receiver),
        let token = url.split(separator: "/").last.flatMap({ DeliveryToken($0) })
      {
        // Waits until the client has processed the response.
        _ = await receiver.tracker.join(token)?.wait(for: .acceptance, deadline: nil)
      }
      await deliver(callback, notificationID: notificationID, to: url)
    }
  }
}
