import SmoovenCallbacks
import SmoovenSandbox
import Testing

@Suite("Callback URLs of the sandbox", .timeLimit(.minutes(1))) struct CallbackURLTests {
  @Test(
    "What isn't a URL is refused, and not encoded",
    arguments: [
      "http://127.0.0.1:1/hooks ", " http://127.0.0.1:1/hooks", "http://127.0.0.1:1/ho oks",
      "http://127.0.0.1:1/hooks\u{200B}", "http://127.0.0.1:1/höhe", "http://127.0.0.1:99999999999999999999/",
      "http://127.0.0.1:65536/", "http://[::1]:99999999999999999999/", "http://u:p@127.0.0.1:0/",
      "http://127.0.0.1:/",
    ]
  )
  func refused(url: String) async throws {
    try await withLab { lab in
      let answer = try await lab.notify("silent", adding: ["callback_url": .string(url)])
      #expect(answer.errorCode == "invalid_callback_url")
    }
  }

  @Test(
    "A URL with any legal part is accepted",
    arguments: [
      "http://127.0.0.1:1", "HTTPS://u:p%40@a.example:65535/a%20b?x=http://c:0/#y", "http://[::1]/x",
      "http://[::1]:1/x:y",
    ]
  )
  func accepted(url: String) async throws {
    try await withLab { lab in
      let answer = try await lab.notify("silent", adding: ["callback_url": .string(url)])
      #expect(answer.status == 200)
    }
  }
}
