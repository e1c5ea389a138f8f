import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSupport
import SmoovenTesting

/// A Smooven that a test steps through: it accepts every notification, calls back when told to, and says what it saw.
struct CrashingServer: AsyncHTTPServerHandler {
  static let key = "sk_live_0123456789abcdef"

  struct State: Sendable {
    /// The callback URLs of the notifications, in the order of their coming.
    var callbackURLs: [String] = []
    /// The links to the answer pages of questions.
    var answerURLs: [String] = []
    /// How many requests were refused with 429.
    var refusals = 0
  }

  let state = Watched(State())
  /// How many requests to refuse with 429 before one is accepted.
  var refusing = 0
  /// Called when a request is accepted, before it is answered; without an answer when it returns `false`.
  var beforeAnswer: @Sendable () async -> Bool = { true }

  func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    guard request.head.method == .post, let json = try? JSONValue(parsing: request.body),
      let url = json["callback_url"]?.stringValue
    else { return .response(HTTPServerResponse(head: HTTPResponse(status: .notFound))) }
    let isRefused = state.update { state in
      if state.refusals < refusing {
        state.refusals += 1
        return true
      }
      state.callbackURLs.append(url)
      if let link = json["context"]?["answer_url"]?.stringValue { state.answerURLs.append(link) }
      return false
    }
    if isRefused {
      let head = HTTPResponse(status: .tooManyRequests, headerFields: [.retryAfter: "20"])
      return .response(HTTPServerResponse(head: head))
    }
    guard await beforeAnswer() else { return .closeConnection }
    let answer = #"{"success":true,"notification_id":"ntf_1","status":"queued","channel_used":"sms"}"#
    return .response(HTTPServerResponse(head: HTTPResponse(status: .ok), body: Array(answer.utf8)))
  }

  /// Waits for the first notification and returns its callback URL.
  func callbackURL() async throws -> String { try await state.first { $0.callbackURLs.first } }

  /// Waits for the first question and returns the link to its answer page.
  func answerURL() async throws -> String { try await state.first { $0.answerURLs.first } }

  /// Sends the callback that settles, until the listener takes it.
  func callBack() async throws {
    let url = try await callbackURL()
    let event = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
    for _ in 0..<10_000 {
      if (try? await Requests.callBack(url, event, key: Self.key)) == 200 { return }
      await Task.yield()
    }
  }
}
