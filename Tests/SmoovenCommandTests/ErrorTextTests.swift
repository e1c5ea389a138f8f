import HTTPTypes
import SmoovenCallbacks
import SmoovenHTTP
import Testing

/// What the commands say of what went wrong.
@Suite("Errors of the commands", .throttled, .timeLimit(.minutes(5)))
struct ErrorTextTests {
  private static let environment = ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]

  /// A Smooven that refuses every request.
  private struct RefusingServer: AsyncHTTPServerHandler {
    func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
      let body: JSONValue = [
        "success": false,
        "error": [
          "code": "invalid_recipient", "message": "+61400000000 isn't a mobile number\u{1B}[2J",
        ],
      ]
      return .response(
        HTTPServerResponse(head: HTTPResponse(status: .unprocessableContent), body: body.bytes)
      )
    }
  }

  @Test("Smooven's own message is printed, without control characters", arguments: [false, true])
  func refused(json: Bool) async throws {
    try await RefusingServer().serving { url in
      let end = try await SmoovenProcess.run(
        ["send", "--channel", "sms", "--to", "+61400000000", "--message", "Hi", "--base-url", url]
          + (json ? ["--json"] : []),
        environment: Self.environment
      )
      #expect(end.exitCode == 1)
      #expect(
        end.errorText.contains("invalid_recipient")
          && end.errorText.contains("Smooven says: +61400000000 isn't a mobile number"),
        "\(end.errorText)"
      )
      #expect(!end.errorText.contains("\u{1B}"))
      if json {
        #expect(try end.report["error"]?["message"]?.stringValue?.contains("isn't a mobile number") == true)
      }
    }
  }

  @Test("A connection that can't be established says why, without the name of a type")
  func unreachable() async throws {
    let port = try await SilentPort.free()
    let places = [
      ("http://127.0.0.1:\(port)", "Connection refused"),
      ("https://smooven.invalid", "the host wasn't found"),
    ]
    for (url, reason) in places {
      let end = try await SmoovenProcess.run(
        [
          "send", "Hi", "--user", "sarah", "--poll", "--timeout", "2s", "--base-url", url,
        ],
        environment: Self.environment
      )
      #expect(end.exitCode == 1)
      #expect(end.errorText.contains(reason), "\(end.errorText)")
      #expect(!end.errorText.contains("IOError") && !end.errorText.contains("NIOConnectionError"))
    }
  }
}
