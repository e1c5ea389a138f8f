import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSupport
import SmoovenTesting

/// A fake of Smooven that counts notifications by intent, and reports each as sent and then as delivered.
struct CountingServer: AsyncHTTPServerHandler {
  static let key = "sk_live_0123456789abcdef"
  /// Whether tests do all of their stress.
  static let isStressed = ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1"

  /// What happens to a notification.
  enum Story: Sendable {
    /// It is accepted, and delivered at about the same time.
    case delivered
    /// It's carried out, but its response is lost, and its callbacks arrive only when ``callBack(_:)`` is called.
    case responseLost
    /// It's accepted, and its callbacks arrive only when ``callBack(_:)`` is called.
    case held
  }

  private struct State: Sendable {
    /// The callback URLs of the requests by intent.
    var urls: [String: [String]] = [:]
    /// The time at which the last callback of an intent got a 200.
    var acknowledgements: [String: ContinuousClock.Instant] = [:]
    /// The events that got a 200, each by its notification and name.
    var acknowledged: Set<String> = []
    /// The number of requests whose response is held back.
    var heldCount = 0
  }

  private let state = Watched(State())
  var story = Story.delivered
  /// Whether it answers status queries, so that a process learns what was reported while none was running.
  var answersStatus = false
  /// Returns once a request may get its response.
  var beforeResponse: (@Sendable () async -> Void)?

  func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    if let id = request.head.path.flatMap(Self.askedID), answersStatus,
      state.read({ $0.urls.keys.contains { Self.id($0) == id } })
    {
      return .json(#"{"notification_id":"\#(id)","status":"delivered","channel_used":"sms"}"#)
    }
    guard request.head.method == .post, let json = try? JSONValue(parsing: request.body),
      let url = json["callback_url"]?.stringValue, let intent = json["intent"]?.stringValue
    else { return .response(HTTPServerResponse(head: HTTPResponse(status: .notFound))) }
    state.update { $0.urls[intent, default: []].append(url) }
    if let beforeResponse {
      state.update { $0.heldCount += 1 }
      await beforeResponse()
      state.update { $0.heldCount -= 1 }
    }
    switch story {
    case .responseLost:
      // Until the sender has disconnected.
      _ = try? await state.first { _ in nil as Void? }
      return .closeConnection
    case .delivered, .held:
      // It makes no difference whether the sender is still alive.
      if story == .delivered { Task { [self] in await callBack(intent) } }
      return .json(
        #"{"success":true,"notification_id":"\#(Self.id(intent))","status":"queued","channel_used":"sms"}"#
      )
    }
  }

  /// Returns the number of requests with an intent.
  func count(_ intent: String) -> Int { state.read { $0.urls[intent]?.count ?? 0 } }

  /// The number of requests that are in flight because ``beforeResponse`` hasn't returned.
  var heldCount: Int { state.read(\.heldCount) }

  /// Waits until a request is in flight.
  func request() async throws { try await state.first { $0.heldCount > 0 ? () : nil } }

  /// Waits for the first request with an intent, and returns its callback URL.
  @discardableResult
  func callbackURL(_ intent: String) async throws -> String {
    try await state.first { $0.urls[intent]?.first }
  }

  /// Waits until the callbacks of an intent have been received.
  func acknowledgement(_ intent: String) async throws -> ContinuousClock.Instant {
    try await state.first { $0.acknowledgements[intent] }
  }

  /// The events that got a 200, each as its notification and its name.
  var acknowledged: Set<String> { state.read(\.acknowledged) }

  /// Sends the callbacks of a notification, each one until it's accepted or its listener is gone.
  func callBack(_ intent: String) async {
    guard let url = state.read({ $0.urls[intent]?.last }) else { return }
    for name in ["sent", intent.hasPrefix("fail") ? "failed" : "delivered"] {
      let event = SmoovenCallbackFixture("notification.\(name)", notificationID: Self.id(intent))
      guard (try? await Requests.deliver(event, to: url, key: Self.key)) == true else { break }
      state.update { $0.acknowledged.insert("\(Self.id(intent)) notification.\(name)") }
    }
    state.update { $0.acknowledgements[intent] = .now }
  }

  private static func id(_ intent: String) -> String {
    "ntf_" + String(intent.map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  /// Returns the notification whose status a path asks for.
  private static func askedID(_ path: String) -> String? {
    let prefix = "/v1/status/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
  }
}

extension HTTPServerReply {
  fileprivate static func json(_ text: String) -> HTTPServerReply {
    .response(HTTPServerResponse(head: HTTPResponse(status: .ok), body: Array(text.utf8)))
  }
}
