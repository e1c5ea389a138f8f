import Foundation
import SmoovenCallbacks
import SmoovenTesting
import Testing

/// What must never appear in a log: keys, tokens, addresses and texts.
@Suite("smooven --verbose", .throttled, .timeLimit(.minutes(5)))
struct SilenceTests {
  static let key = "sk_live_5f2c9a7b1d"
  static let texts = ["5f2c9a7b1d", "zoe.private", "482910", "ctx.private", "61498765432", "ply_"]

  /// Returns the secret or personal data that lines contain.
  private func findings(_ lines: [String]) -> [String] {
    let text = lines.joined(separator: "\n")
    let tokens = text.matches(of: #/[0-9a-f]{32}/#).map { String($0.output) }
    return Self.texts.filter(text.contains) + tokens
  }

  static let requests =
    ["sarah", "fail", "fallback", "lost", "early", "forged", "drop", "error500", "busy", "invalid"].map {
      ["The code is 482910", "--user", "\($0)+zoe.private@example.com", "--context", "note=ctx.private"]
    } + [
      ["The code is 482910", "--user", "partial+zoe.private", "--urgency", "critical"],
      ["--channel", "sms", "--to", "+61498765432", "--message", "The code is 482910"],
      ["--channel", "email", "--to", "fail+zoe.private@example.com", "--message", "The code is 482910"],
      ["The code is 482910", "--user", "zoe.private", "--listen", "192.0.2.1:0"],
    ]

  @Test("Neither send nor the sandbox logs anything secret or personal", arguments: requests)
  func sendAndSandbox(request: [String]) async throws {
    let environment = ["SMOOVEN_SECRET_KEY": Self.key]
    try await SmoovenProcess.with(["sandbox", "--port", "0", "--verbose"], environment: environment) {
      sandbox in
      let url = try await sandbox.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "--verbose", "--json", "--timeout", "2s", "--base-url", url] + request,
        environment: environment
      )
      #expect(!end.errors.isEmpty)
      #expect(findings(end.errors) == [])
      sandbox.signal(SIGTERM)
      let log = try await sandbox.finished()
      #expect(log.errors.count > 1)
      #expect(findings(log.errors + log.output) == [])
    }
  }

  @Test("A listener logs nothing secret or personal, whatever is sent to it")
  func listen() async throws {
    let options = ["--secret", "smooven=\(Self.key)", "--verbose"]
    let forward = [
      "--forward-to", "http://127.0.0.1:1/hooks/5f2c9a7b1d?token=0123456789abcdef0123456789abcdef",
    ]
    try await Listening.with(options + forward) { listener in
      let url = "\(listener.callbackURL)/0123456789abcdef0123456789abcdef"
      for event in ["queued", "failed", "delivered", "unheard_of"] {
        var fixture = SmoovenCallbackFixture(
          "notification.\(event)",
          notificationID: "ntf_1",
          userID: "zoe.private",
          address: "+61498765432",
          metadata: ["intent": "The code is 482910"],
          extraFields: ["reason": "ctx.private is not a number"]
        )
        for url in [url, listener.callbackURL, "\(listener.url)/elsewhere/zoe.private"] {
          _ = try await Requests.callBack(url, fixture, key: Self.key)
          _ = try await Requests.callBack(url, fixture, key: "\(Self.key)x")
        }
        fixture.timestamp = Date(timeIntervalSinceNow: -100_000)
        #expect(try await Requests.callBack(url, fixture, key: Self.key) == 401)
        fixture.extraFields["timestamp"] = "zoe.private"
        #expect(try await Requests.callBack(url, fixture, key: Self.key) == 400)
      }
      #expect(try await Requests.callBack(url, body: Array("zoe.private".utf8), key: Self.key) == 400)
      listener.process.signal(SIGTERM)
      let end = try await listener.process.finished()
      #expect(end.exitCode == 0)
      #expect(end.errors.count > 10)
      #expect(findings(end.errors) == [])
    }
  }
}
