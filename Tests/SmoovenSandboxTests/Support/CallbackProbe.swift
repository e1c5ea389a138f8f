import HTTPTypes
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSupport
import TestSupport

@testable import SmoovenSandbox

/// A receiver of callbacks on a real socket, which responds as a test wants.
struct CallbackProbe: AsyncHTTPServerHandler {
  /// A callback as it was received.
  struct Received: Sendable {
    var head: HTTPRequest
    var body: [UInt8]
    var json: JSONValue

    var event: String { json["event"]?.stringValue ?? "" }
    var shortEvent: String { String(event.dropFirst("notification.".count)) }
    var notificationID: String { json["notification_id"]?.stringValue ?? "" }

    var callbackRequest: CallbackRequest { CallbackRequest(head: head, body: body) }
  }

  struct State: Sendable {
    var received: [Received] = []
    /// The number of callbacks of a notification that are waiting for their response.
    var open: [String: Int] = [:]
    var mostOpen = 0
  }

  let state = Watched(State())
  /// The path of its callbacks.
  ///
  /// Another test's sandbox may still try a port that was closed and now belongs to this probe.
  let path = "/callbacks/\(UInt32.random(in: .min ... .max))"
  /// The response to a callback.
  ///
  /// The number counts all callbacks, from 0.
  var answer: @Sendable (Received, Int) -> HTTPServerReply = { _, _ in .status(200) }

  var received: [Received] { state.read { $0.received } }

  /// The maximum number of callbacks of one notification that waited for their response at the same time.
  var mostOpen: Int { state.read { $0.mostOpen } }

  /// Waits until a number of callbacks have arrived.
  func received(_ count: Int) async throws -> [Received] {
    try await state.first { $0.received.count >= count ? $0.received : nil }
  }

  func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    guard request.head.path == path else { return .status(404) }
    let json = (try? JSONValue(parsing: request.body)) ?? .null
    let received = Received(head: request.head, body: request.body, json: json)
    let number = state.update { state in
      state.received.append(received)
      state.open[received.notificationID, default: 0] += 1
      state.mostOpen = max(state.mostOpen, state.open.values.max() ?? 0)
      return state.received.count - 1
    }
    // If a second callback was sent, it has a chance to arrive before this one gets its response.
    await giveTurns(10)
    state.update { $0.open[received.notificationID, default: 0] -= 1 }
    return answer(received, number)
  }
}

extension HTTPServerReply {
  static func status(_ code: Int) -> HTTPServerReply {
    .response(HTTPServerResponse(status: .init(code: code)))
  }
}
