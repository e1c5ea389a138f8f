import Foundation
import SmoovenCallbacks
import Testing

/// `smooven sign`, `verify` and `trigger`: one verifies what the other signs, with the exit codes.
@Suite("smooven sign, verify and trigger", .throttled, .timeLimit(.minutes(5)))
struct SigningTests {
  static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let other = "whsec_b3RoZXIgc2VjcmV0IG9mIHR3ZW50eSBieXRlcw=="
  static let signed = ["smooven", "pingram", "smartlyq", "standardwebhooks"]
  static let unsigned = ["notificationapi", "smobi"]
  static let at = "2026-03-05T08:00:15Z"
  static let events = [
    ("smooven", "notification.delivered"), ("notificationapi", "EMAIL_OPEN"), ("pingram", "SMS_DELIVERED"),
    ("smartlyq", "job.completed"), ("smobi", "DELIVERED"), ("standardwebhooks", "parcel.arrived"),
  ]
  static let body = """
    {"event":"notification.delivered","notification_id":"n","eventType":"SMS_DELIVERED","trackingId":"t",\
    "timestamp":"2026-03-05T08:00:15Z","data":{"id":"d"}}
    """

  /// Runs a closure with a file that contains a text.
  static func withFile<Result>(_ text: String, _ run: (String) async throws -> Result) async throws -> Result
  {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await run(url.path)
  }

  static func headers(_ provider: String, _ file: String, secret: String = secret) async throws -> [String] {
    let arguments = ["sign", "--provider", provider, "--secret", secret, "--at", at, file]
    let end = try await SmoovenProcess.run(arguments)
    #expect(end.exitCode == 0, "\(end.errors)")
    return end.output.flatMap { ["--header", $0] }
  }

  static func verify(
    _ provider: String,
    _ file: String,
    _ headers: [String],
    secrets: [String] = [secret],
    at: String = at,
    environment: [String: String] = [:]
  ) async throws -> SmoovenProcess.State {
    let options = secrets.flatMap { ["--secret", $0] }
    let end = try await SmoovenProcess.run(
      ["verify", "--provider", provider, "--at", at] + options + headers + [file],
      environment: environment
    )
    for text in secrets + environment.values { #expect(!(end.errorText + "\(end.output)").contains(text)) }
    return end
  }

  @Test(
    "What is signed is verified, by any of several secrets and by those of the environment",
    arguments: signed
  )
  func roundTrip(provider: String) async throws {
    try await Self.withFile(Self.body) { file in
      let headers = try await Self.headers(provider, file)
      let one = try await Self.verify(provider, file, headers)
      #expect(one.exitCode == 0, "\(one.errors)")
      let two = try await Self.verify(provider, file, headers, secrets: [Self.other, Self.secret])
      #expect(two.output.first == "verified by secret 2 of 2")
      let environment = ["\(provider.uppercased())_WEBHOOK_SECRET": "\(Self.other),\(Self.secret)"]
      let three = try await Self.verify(provider, file, headers, secrets: [], environment: environment)
      #expect(three.exitCode == 0, "\(three.errors)")
      let wrong = try await Self.verify(provider, file, headers, secrets: [Self.other])
      #expect(wrong.exitCode == 5)
      let missing = try await Self.verify(provider, file, [])
      #expect(missing.exitCode == 5)
      #expect(missing.errorText.contains("header_missing"))
    }
  }

  @Test(
    "The error for an old callback says by how much it's too old",
    arguments: ["pingram", "smartlyq", "standardwebhooks"]
  )
  func tooOld(provider: String) async throws {
    try await Self.withFile(Self.body) { file in
      let headers = try await Self.headers(provider, file)
      let end = try await Self.verify(provider, file, headers, at: "2026-03-05T08:10:15Z")
      #expect(end.exitCode == 5)
      #expect(end.errorText.contains("600 s old, 300 s more"))
    }
  }

  @Test(
    "A body that was changed in transit is explained",
    arguments: [
      (#"{"event":"x","a":[1,2]}"#, #"{"event": "x", "a": [1, 2]}"#, "re-serialized"),
      (#"{"event": "x", "a": [1, 2]}"#, #"{"event":"x","a":[1,2]}"#, "re-serialized"),
      (#"{"event":"x"}"#, "{\"event\":\"x\"}\n", "white space at its end"),
      ("{\"event\":\"x\"}\n", #"{"event":"x"}"#, "line feed at the end of the body was lost"),
    ]
  )
  func changedBody(sent: String, received: String, hint: String) async throws {
    let headers = try await Self.withFile(sent) { try await Self.headers("smartlyq", $0) }
    let end = try await Self.withFile(received) { try await Self.verify("smartlyq", $0, headers) }
    #expect(end.exitCode == 5)
    #expect(end.errorText.contains(hint), "\(end.errors)")
  }

  @Test("A provider that doesn't sign has no headers, and nothing proves its callbacks", arguments: unsigned)
  func unsignedProviders(provider: String) async throws {
    try await Self.withFile(Self.body) { file in
      let signing = try await SmoovenProcess.run(["sign", "--provider", provider, file])
      #expect(signing.output == [])
      #expect(signing.errorText.contains("does not sign"))
      #expect(try await SmoovenProcess.run(["verify", "--provider", provider, file]).exitCode == 5)
    }
  }

  @Test(
    "Wrong usage exits with 64",
    arguments: [
      ["verify"], ["sign", "--provider", "nobody"], ["verify", "--provider", "smooven", "--at", "soon"],
      ["verify", "--provider", "smooven", "--header", "no colon"], ["trigger", "x", "--provider", "smobi"],
      ["trigger", "x", "--provider", "smobi", "--to", "nowhere"],
    ]
  )
  func usage(arguments: [String]) async throws {
    #expect(try await SmoovenProcess.run(arguments).exitCode == 64)
  }

  @Test("Six providers listen at the same time, and the printed URLs accept triggered callbacks")
  func triggers() async throws {
    let names = Self.events.map(\.0)
    let secrets = Self.signed.flatMap { ["--secret", "\($0)=\(Self.secret)"] }
    let token = ["--token", "dashboard-token_0123456789"]
    let options = names.flatMap { ["--provider", $0] } + secrets + token
    try await SmoovenProcess.with(["listen", "--port", "0", "--json"] + options) { process in
      for (name, event) in Self.events {
        let prefix = "  \(name): "
        let line = try await process.first { state in state.errors.first { $0.hasPrefix(prefix) } }
        let url = String(line.dropFirst(prefix.count))
        #expect(url.hasSuffix("/dashboard-token_0123456789") == Self.unsigned.contains(name))
        let command = ["trigger", event, "--provider", name, "--to", url, "--id", "id_\(name)"]
        let sent = try await SmoovenProcess.run(command + ["--secret", Self.secret])
        #expect(sent.exitCode == 0, "\(sent.errors)")
        let bad = Self.unsigned.contains(name) ? ["--to", "\(url)x"] : ["--secret", Self.other]
        #expect(try await SmoovenProcess.run(command + bad).exitCode == 1)
      }
      let printed = try await process.output(count: 6).map { try JSONValue(parsing: Array($0.utf8)) }
      #expect(printed.map { $0["provider"]?.stringValue } == names)
      #expect(printed.map { $0["correlation_ids"]?.strings.first } == names.map { "id_\($0)" })
    }
  }
}
