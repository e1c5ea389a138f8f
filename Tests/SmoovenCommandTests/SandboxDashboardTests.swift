import SmoovenCallbacks
import TestSupport
import Testing

/// What the page of `smooven sandbox` shows, as its API has it.
@Suite("Dashboard of the sandbox", .throttled, .timeLimit(.minutes(2)))
struct SandboxDashboardTests {
  @Test(
    "The query of a callback URL isn't shown, nor the token in its path",
    arguments: [
      ("http://127.0.0.1:9?key=0123456789", "http://127.0.0.1:9/?[redacted]"),
      ("http://[::1]:9/callbacks/smooven/0123456789", "http://[::1]:9/callbacks/smooven/[redacted]"),
      ("http://0123456789:0123456789@127.0.0.1:9", "http://127.0.0.1:9/"),
    ]
  )
  func url(url: String, shown: String) async throws {
    let arguments = [
      "sandbox", "--port", "0", "--time-scale", "0.001", "--dashboard", "0", "--callback-url", url,
    ]
    try await SmoovenProcess.with(arguments) { sandbox in
      let request: JSONValue = ["intent": "Remind Sarah", "context": ["user_id": "sarah@example.com"]]
      #expect(try await Requests.notify(try await sandbox.listeningURL(), request).status == 200)
      _ = try await sandbox.output(count: 1)
      let link = try await sandbox.dashboardLink().split(separator: "#").map(String.init)
      let token = ["Authorization": "Bearer \(try #require(link.last))"]
      let list = try await Requests.send("GET", "\(link[0])api/entries", headers: token)
      let attempt = try JSONValue(parsing: list.body)["entries"]?.arrayValue?.first {
        $0["kind"] == "attempt"
      }
      let number = try #require(attempt?["number"]?.integerValue)
      let details = try await Requests.send("GET", "\(link[0])api/entries/\(number)", headers: token)
      #expect(try JSONValue(parsing: details.body)["request"]?["path"] == .string(shown))
      #expect(!String(decoding: list.body + details.body, as: UTF8.self).contains("0123456789"))
    }
  }
}
