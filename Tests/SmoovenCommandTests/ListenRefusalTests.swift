import Foundation
import SmoovenCallbacks
import SmoovenTesting
import Testing

/// What `smooven listen` says on standard error of requests that it refuses, and of copies.
@Suite("smooven listen: refused requests", .throttled, .timeLimit(.minutes(5)))
struct ListenRefusalTests {
  static let token = "dashboard-token_0123456789"

  @Test("Each is one line with the reason and advice, and nothing from the request")
  func lines() async throws {
    let arguments = ["--secret", "smooven=\(Listening.key)", "--provider", "smobi", "--token", Self.token]
    try await Listening.with(arguments) { listener in
      let event = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_1", userID: "zoe.private")
      #expect(try await Requests.callBack(listener.callbackURL, event, key: "sk_live_of_another") == 401)
      #expect(
        try await Requests.callBack(listener.callbackURL, body: Array("zoe.private".utf8), key: Listening.key)
          == 400
      )
      #expect(try await Requests.send("POST", listener.callbackURL, body: event.body).status == 401)
      #expect(
        try await Requests.send("POST", "\(listener.url)/elsewhere/zoe.private", body: [1]).status == 404
      )
      #expect(
        try await Requests.send("POST", "\(listener.url)/callbacks/smobi/zoe.private", body: [1]).status
          == 401
      )
      let old = SmoovenCallbackFixture(
        "notification.sent",
        notificationID: "ntf_2",
        timestamp: Date(timeIntervalSinceNow: -90_000)
      )
      #expect(try await listener.send(old) == 401)
      let large = Array(repeating: UInt8(ascii: "x"), count: 300_000)
      #expect(try await Requests.send("POST", listener.callbackURL, body: large).status == 413)
      for _ in 0..<2 { #expect(try await listener.send(event) == 200) }
      let expected = [
        "refused: smooven: 401 no_match: ", "refused: smooven: 400 not_decodable: ",
        "refused: smooven: 401 header_missing: ", "refused: 404 not_found: ",
        "refused: smobi: 401 unauthenticated: ",
        "refused: smooven: 401 too_old: ", "refused: 413 body_too_large: ",
        "duplicate: smooven: notification.sent ntf_1: ",
      ]
      for prefix in expected {
        let line = try await listener.process.first { $0.errors.first { $0.hasPrefix(prefix) } }
        #expect(!line.contains("zoe.private") && line.count > prefix.count + 20)
      }
      #expect(try await listener.stopped().events.count == 1)
    }
  }
}
