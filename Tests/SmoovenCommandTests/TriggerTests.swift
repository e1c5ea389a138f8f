import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSupport
import Testing

/// `smooven trigger` and `smooven sign --id`.
@Suite("smooven trigger", .throttled, .timeLimit(.minutes(5)))
struct TriggerTests {
  /// A server that keeps requests, and responds with a text.
  private struct Target: HTTPServerHandler {
    let requests = Watched<[HTTPServerRequest]>([])

    func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
      requests.update { $0.append(request) }
      return .now(.response(HTTPServerResponse(status: .accepted, body: Array("thank you".utf8))))
    }
  }

  @Test("It prints the id and the response, as text or as JSON, and goes where the URL says")
  func response() async throws {
    let target = Target()
    try await target.serving { url in
      let to = url.replacing("http://", with: "http://smobi:s3cret@") + "/hook/?token=abc"
      let arguments = ["trigger", "DELIVERED", "--provider", "smobi", "--to", to]
      let text = try await SmoovenProcess.run(arguments + ["--id", "ref-1"])
      #expect(text.exitCode == 0, "\(text.errors)")
      #expect(text.output == ["DELIVERED → 202  ref-1", "  thank you"])
      let json = try await SmoovenProcess.run(arguments + ["--json"])
      let report = try json.report
      #expect(report["status"] == 202 && report["body"] == "thank you")
      let id = try #require(report["id"]?.stringValue)
      let requests = target.requests.read { $0 }
      #expect(requests.map(\.head.path) == ["/hook/?token=abc", "/hook/?token=abc"])
      #expect(
        requests.map { $0.head.headerFields[.authorization] } == [
          "Basic c21vYmk6czNjcmV0", "Basic c21vYmk6czNjcmV0",
        ]
      )
      #expect(try requests.map { try JSONValue(parsing: $0.body)["clientRef"] } == ["ref-1", .string(id)])
    }
  }

  @Test("A file is sent as it is, signed")
  func data() async throws {
    let target = Target()
    try await target.serving { url in
      try await SigningTests.withFile("{ \"type\":\"x\" }\n") { file in
        let end = try await SmoovenProcess.run(
          [
            "trigger", "--provider", "standardwebhooks", "--secret", SigningTests.secret, "--to", url,
            "--data", file,
            "--id", "msg_1",
          ]
        )
        #expect(end.exitCode == 0, "\(end.errors)")
        let request = try #require(target.requests.read { $0.first })
        #expect(String(decoding: request.body, as: UTF8.self) == "{ \"type\":\"x\" }\n")
        #expect(HTTPField.Name("webhook-id").flatMap { request.head.headerFields[$0] } == "msg_1")
      }
    }
  }

  @Test("An unknown event is sent as a custom one, with a note; documented ones without")
  func custom() async throws {
    try await Target().serving { url in
      let secret = ["--secret", "sk_test_0123456789", "--to", url]
      let custom = try await SmoovenProcess.run(
        ["trigger", "notification.eaten", "--provider", "smooven"] + secret
      )
      #expect(custom.exitCode == 0 && custom.errorText.contains("no event notification.eaten"))
      let known = try await SmoovenProcess.run(
        ["trigger", "notification.opened", "--provider", "smooven"] + secret
      )
      #expect(known.exitCode == 0 && known.errors == [])
    }
  }

  @Test("Nothing at the URL is an error")
  func nothing() async throws {
    let url = "http://127.0.0.1:\(try await SilentPort.free())/"
    let end = try await SmoovenProcess.run(["trigger", "READ", "--provider", "smobi", "--to", url])
    #expect(end.exitCode == 1 && end.errorText.contains("error:"))
  }

  @Test("The id of a message is signed")
  func signedID() async throws {
    try await SigningTests.withFile("{}") { file in
      let arguments = [
        "sign", "--provider", "standardwebhooks", "--secret", SigningTests.secret, "--id", "msg_7", file,
      ]
      let end = try await SmoovenProcess.run(arguments)
      #expect(end.output.contains("webhook-id: msg_7"))
    }
  }
}
