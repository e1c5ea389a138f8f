import HTTPTypes
import Smooven
import SmoovenSupport
import SmoovenTesting

/// A fake of Smooven that responds from memory and calls back over sockets, as the intent of a notification says.
///
/// Unlike ``MockTransport``, it remembers nothing, so that it can run for any length of time.
final class SoakTransport: SmoovenTransport {
  private struct State: Sendable {
    var sender: GoodSender?
    var count = 0
    /// The number of requests and of callbacks that are still under way.
    var underWay = 0
  }

  private let state = Watched(State())

  /// Waits until all callbacks have been sent, also those of sends whose callers have left.
  func calledBack() async throws { try await state.first { $0.underWay == 0 ? () : nil } }

  func send(_ request: TransportRequest) async throws -> TransportResponse {
    state.update { $0.underWay += 1 }
    defer { state.update { $0.underWay -= 1 } }
    try await request.willSend?()
    let json = try JSONValue(parsing: request.body)
    let story = SoakStory(rawValue: json["intent"]?.stringValue ?? "") ?? .silent
    let (sender, id) = state.update { state in
      state.count += 1
      return (state.sender, "ntf_\(state.count)")
    }
    if story == .refused { throw TransportError(.notSent, "refused") }
    let url = json["callback_url"]?.stringValue ?? ""
    let path = url.firstRange(of: "/callbacks/").map { String(url[$0.lowerBound...]) } ?? url
    if let sender {
      if Bool.random() {
        try await story.callBack(id, sender, path)
      } else {
        state.update { $0.underWay += 1 }
        Task {
          defer { state.update { $0.underWay -= 1 } }
          try await story.callBack(id, sender, path)
        }
      }
    }
    let answer = #"{"success":true,"notification_id":"\#(id)","channel_used":"sms","status":"queued"}"#
    return TransportResponse(head: HTTPResponse(status: .ok), body: Array(answer.utf8))
  }

  /// Sets the sender that calls back.
  func callBack(by sender: GoodSender) {
    state.update { $0.sender = sender }
  }
}
