import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenTesting
import Testing

/// `smooven verify`: what it says of a captured request.
@Suite("smooven verify", .throttled, .timeLimit(.minutes(5)))
struct VerifyTests {
  static let key = "sk_test_0123456789"
  static let event = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")

  private func verify(
    _ body: [UInt8],
    signed: [UInt8]? = nil,
    _ options: [String] = [],
    provider: String = "smooven"
  ) async throws -> SmoovenProcess.State {
    let field = SmoovenCallbackProvider.signatureField(for: signed ?? body, secret: Secret(Self.key))
    return try await withFile(body) { file in
      try await SmoovenProcess.run(
        [
          "verify", "--provider", provider, "--secret", Self.key, "--header",
          "\(field.name.rawName): \(field.value)",
        ]
          + options + [file]
      )
    }
  }

  private func withFile<Result>(
    _ bytes: [UInt8],
    _ body: (String) async throws -> Result
  ) async throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
  }

  @Test("A valid signature over a body that isn't an event is reported as valid")
  func noEvent() async throws {
    let end = try await verify(Array("not json".utf8))
    #expect(end.exitCode == 1)
    #expect(end.output == ["verified by secret 1 of 1"])
    #expect(end.errorText.contains("not_decodable") && end.errorText.contains("the signature is right"))
  }

  @Test("The report of an old capture has its age, a valid signature, and how to check it")
  func old() async throws {
    var event = Self.event
    event.timestamp = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 - 7 * 86_400).rounded())
    let end = try await verify(event.body)
    #expect(end.exitCode == 5)
    #expect(end.errorText.contains("7 days old, 6 days more than the tolerance"))
    #expect(end.errorText.contains("the signature is right"))
    let option = try #require(end.errorText.firstMatch(of: #/add (--at) (\S+)/#))
    let again = try await verify(event.body, ["--at", String(option.2)])
    #expect(again.exitCode == 0, "\(again.errors)")
  }

  @Test("A whole request is read from a file", arguments: ["\r\n", "\n"])
  func rawRequest(lineEnd: String) async throws {
    let body = Self.event.body
    let field = SmoovenCallbackProvider.signatureField(for: body, secret: Secret(Self.key))
    let head = [
      "POST /callbacks/smooven?x=1 HTTP/1.1", "Host: example.com", "\(field.name.rawName): \(field.value)",
      "Content-Length: \(body.count)", "", "",
    ]
    let raw = Array(head.joined(separator: lineEnd).utf8)
    let arguments = ["verify", "--provider", "smooven", "--secret", Self.key]
    let end = try await withFile(raw + body) { try await SmoovenProcess.run(arguments + [$0]) }
    #expect(end.exitCode == 0, "\(end.errors)")
    let longer = try await withFile(raw + body + Array("xyz".utf8)) {
      try await SmoovenProcess.run(arguments + [$0])
    }
    #expect(longer.exitCode == 5)
    #expect(longer.errorText.contains("\(body.count + 3) bytes, but Content-Length says \(body.count)"))
  }

  @Test("With --json, the result is one object, for failures too")
  func json() async throws {
    let good = try await verify(Self.event.body, ["--json"])
    #expect(good.exitCode == 0)
    let report = try good.report
    #expect(report["verified"] == true && report["signature"] == "valid" && report["secret"] == 1)
    #expect(report["events"]?.arrayValue?.first?["name"] == "notification.delivered")
    let bad = try await verify(Self.event.body, signed: Array("x".utf8), ["--json"])
    #expect(bad.exitCode == 5)
    let failure = try bad.report
    #expect(failure["verified"] == false && failure["code"] == "no_match")
    #expect(failure["hints"]?.arrayValue?.isEmpty == false)
    #expect(bad.errors == [])
    let undecodable = try await verify(Array("{}".utf8), ["--json"])
    #expect(undecodable.exitCode == 1)
    let other = try undecodable.report
    #expect(other["signature"] == "valid" && other["code"] == "not_decodable")
  }

  @Test("Secrets may be in a file, one per line")
  func secretFile() async throws {
    let field = SmoovenCallbackProvider.signatureField(for: Self.event.body, secret: Secret(Self.key))
    try await withFile(Array("sk_test_another_one\r\n\(Self.key)\n".utf8)) { secrets in
      try await withFile(Self.event.body) { file in
        let end = try await SmoovenProcess.run(
          [
            "verify", "--provider", "smooven", "--secret-file", secrets, "--header",
            "\(field.name.rawName): \(field.value)", file,
          ]
        )
        #expect(end.output.first == "verified by secret 2 of 2")
      }
    }
  }

  @Test("A changed body is described without revealing the secret")
  func unexplained() async throws {
    let end = try await verify(Self.event.body, signed: Array("x".utf8))
    #expect(end.exitCode == 5)
    #expect(end.errorText.contains("was not found") && !end.errorText.contains(Self.key))
  }
}
