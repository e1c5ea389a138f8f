import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSupport
import SmoovenTesting
import TestSupport

/// A fake of Smooven that a test steps through.
///
/// It accepts every notification, calls back on demand, and records requests.
struct CrashingServer: AsyncHTTPServerHandler {
  static let key = "sk_live_0123456789abcdef"

  struct State: Sendable {
    /// The callback URLs of the notifications, in arrival order.
    var callbackURLs: [String] = []
    /// The links to the answer pages of questions.
    var answerURLs: [String] = []
    /// The number of requests that were refused with a 429.
    var refusals = 0
  }

  let state = Watched(State())
  /// The number of requests to refuse with a 429 before one is accepted.
  var refusing = 0
  /// Called when a request is accepted, before its response is sent.
  ///
  /// If it returns `false`, no response is sent.
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

  /// Sends the callback that settles the wait, until the listener accepts it, which may still be starting.
  func callBack() async throws {
    let url = try await callbackURL()
    let event = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
    try await until { (try? await Requests.callBack(url, event, key: Self.key)) == 200 }
  }
}
