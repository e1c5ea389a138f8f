import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

/// `smooven listen --capture` and `smooven replay`, between processes.
@Suite("smooven replay", .throttled, .timeLimit(.minutes(5)))
struct ReplayTests {
  static let token = "dashboard-token_0123456789"
  static let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
  static let options = [
    "--secret", "smooven=\(Listening.key)", "--provider", "smobi", "--token", token, "--provider", "smartlyq",
    "--secret", "smartlyq=\(secrets[0])",
  ]

  /// Sends requests of every fate to a listener.
  static func sendMixed(_ count: Int, to listener: Listening) async throws -> [Int: Int] {
    var statuses: [Int: Int] = [:]
    for number in 0..<count {
      let fixture = SmoovenCallbackFixture(
        "notification.sent",
        notificationID: "ntf_\(number / 2)",
        userID: "zoë"
      )
      let signature = SmoovenCallbackProvider.signatureField(for: fixture.body, secret: Secret(Listening.key))
      let cookies = ["Authorization": "Bearer sk_live_of_the_sender", "Cookie": "session=abcdef0123456789"]
      let status =
        switch number % 10 {
        case 0..<4:
          try await Requests.send(
            "POST",
            listener.callbackURL,
            headers: cookies.merging([signature.name.rawName: signature.value]) { first, _ in first },
            body: fixture.body
          ).status
        case 4: try await Requests.callBack(listener.callbackURL, fixture, key: "sk_live_of_another")
        case 5: try await Requests.callBack(listener.callbackURL, body: [0xFF, 0xFE], key: Listening.key)
        case 6:
          try await Requests.send(
            "POST",
            "\(listener.url)/callbacks/smobi/\(token)",
            body: Array(#"{"status":"DELIVERED","smobiMessageId":"m\#(number)"}"#.utf8)
          ).status
        case 7:
          try await Requests.send("POST", "\(listener.url)/callbacks/smobi/\(token)x", body: Array("{}".utf8))
            .status
        case 8:
          try await Requests.send("POST", "\(listener.url)/elsewhere/\(token)", body: fixture.body).status
        default:
          try await Requests.callBack(
            listener.callbackURL,
            SmoovenCallbackFixture(
              "notification.sent",
              notificationID: "ntf_old_\(number)",
              timestamp: Date(timeIntervalSinceNow: -200_000)
            ),
            key: Listening.key
          )
        }
      statuses[status, default: 0] += 1
    }
    return statuses
  }

  @Test(
    "A thousand captured requests hold no secret, get the same responses again, and count once they're new"
  )
  func thousand() async throws {
    let file = TemporaryFile()
    let count = 1_000
    let statuses = try await Listening.with(Self.options + ["--capture", file.path]) { listener in
      let statuses = try await Self.sendMixed(count, to: listener)
      #expect(try await listener.stopped().exitCode == 0)
      return statuses
    }
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    #expect(text.split(separator: "\n").count == count)
    for secret in [Listening.key, Self.token, Self.secrets[0], "sk_live_of_the_sender", "abcdef0123456789"] {
      #expect(!text.contains(secret))
    }
    try await Listening.with(Self.options) { listener in
      let replay = ["replay", file.path, "--to", listener.url, "--token", Self.token]
      let same = try await SmoovenProcess.run(replay)
      #expect(same.exitCode == 0, "\(same.output.suffix(5)) \(same.errors)")
      #expect(same.output.last == "\(count) sent: \(count) got the same response, 0 another one")
      for (status, number) in statuses {
        let row = same.output.first { $0.hasPrefix("\(status)     \(status) ") }
        #expect(row?.hasSuffix(" \(number)") == true)
      }
      let renewed = try await SmoovenProcess.run(
        replay + ["--resign", "--shift-time", "--as-new", "--secret", "smooven=\(Listening.key)"],
        environment: ["SMARTLYQ_WEBHOOK_SECRET": Self.secrets[0]]
      )
      #expect(renewed.exitCode == 0, "\(renewed.output.suffix(5)) \(renewed.errors)")
      let events = try await listener.stopped().events
      let ids = events.compactMap { $0["correlation_ids"]?.strings.first }
      // The second replay brought the same events with other ids.
      let (old, new) = (ids.prefix(ids.count / 2), ids.suffix(ids.count / 2))
      #expect(ids.count > count / 2 && ids.count % 2 == 0)
      #expect(zip(old, new).allSatisfy { $1.hasPrefix($0 + "_") })
    }
  }

  @Test("A different secret, token or age is reported with advice, and the exit code is 1")
  func differences() async throws {
    let file = TemporaryFile()
    try await Listening.with(Self.options + ["--capture", file.path]) { listener in
      _ = try await Self.sendMixed(10, to: listener)
      _ = try await listener.stopped()
    }
    let other = ["--secret", "smooven=sk_live_another_0123", "--provider", "smobi", "--token", Self.token]
    try await Listening.with(other) { listener in
      let end = try await SmoovenProcess.run(["replay", file.path, "--to", listener.url])
      #expect(end.exitCode == 1)
      let lines = end.output.joined(separator: "\n")
      #expect(lines.contains("notification.sent ntf_0: 200 before, 401 now; the receiver has another secret"))
      #expect(lines.contains("status.DELIVERED m6: 200 before, 401 now; its token is not in the capture"))
      let one = try await SmoovenProcess.run([
        "replay", file.path, "--to", listener.url, "--only", "m6", "--json",
      ])
      #expect(one.output.count == 2)
      #expect(try JSONValue(parsing: Array(one.output[0].utf8))["line"] == 7)
      #expect(try JSONValue(parsing: Array(one.output[1].utf8))["different"] == 1)
      let none = try await SmoovenProcess.run([
        "replay", file.path, "--to", listener.url, "--only", "ntf_9999",
      ])
      #expect(none.exitCode == 1 && none.errorText.contains("has the id ntf_9999"))
    }
  }

  @Test("A request without its recipients needs a new signature, and the replay says so")
  func people() async throws {
    let file = TemporaryFile()
    try await Listening.with(Self.options + ["--capture", file.path, "--redact", "people"]) { listener in
      _ = try await Self.sendMixed(10, to: listener)
      _ = try await listener.stopped()
    }
    #expect(try !String(contentsOfFile: file.path, encoding: .utf8).contains("zoë"))
    try await Listening.with(Self.options) { listener in
      let replay = ["replay", file.path, "--to", listener.url, "--token", Self.token]
      let end = try await SmoovenProcess.run(replay + ["--only", "ntf_0"])
      #expect(end.exitCode == 1)
      let reason =
        "its recipients aren't in the capture (--redact people), so its signature can't match: add --resign"
      #expect(end.output.first == "line 1  notification.sent ntf_0: 200 before, 401 now; \(reason)")
      let renewed = try await SmoovenProcess.run(
        replay + ["--only", "ntf_0", "--resign", "--secret", "smooven=\(Listening.key)"]
      )
      #expect(renewed.exitCode == 0, "\(renewed.output) \(renewed.errors)")
    }
  }

  /// A server that keeps the ids of what it gets.
  private struct Target: HTTPServerHandler {
    let ids = Watched<[String]>([])

    func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
      let id = (try? JSONValue(parsing: request.body))?["notification_id"]?.stringValue ?? ""
      ids.update { $0.append(id) }
      return .now(.response(HTTPServerResponse(status: .ok)))
    }
  }

  @Test("The same seed gives the same faults, and a generated seed is printed")
  func seeds() async throws {
    let file = TemporaryFile()
    try await Listening.with(Self.options + ["--capture", file.path]) { listener in
      for number in 0..<60 { #expect(try await listener.send(id: "ntf_\(number)") == 200) }
      _ = try await listener.stopped()
    }
    func replayed(_ seed: [String]) async throws -> (ids: [String], seed: String) {
      let target = Target()
      return try await target.serving { url in
        let arguments = ["replay", file.path, "--to", url, "--faults", "duplicate:0.3,reorder:0.5,drop:0.2"]
        let end = try await SmoovenProcess.run(arguments + seed)
        #expect(end.exitCode == 0)
        let ids = target.ids.read { $0 }
        #expect(end.output.last == "\(60 - Set(ids).count) dropped by --faults")
        return (ids, try #require(end.errors.first { $0.hasPrefix("seed ") }.map { String($0.dropFirst(5)) }))
      }
    }
    let first = try await replayed([])
    let second = try await replayed(["--seed", first.seed])
    #expect(first.ids == second.ids && first.ids != first.ids.sorted())
    #expect(Set(first.ids).count < 60 && first.ids.count > Set(first.ids).count)
  }

  @Test("A HAR export is read by another program", .needs(.python))
  func har() async throws {
    let file = TemporaryFile()
    try await Listening.with(Self.options + ["--capture", file.path]) { listener in
      _ = try await Self.sendMixed(20, to: listener)
      _ = try await listener.stopped()
    }
    let har = try await SmoovenProcess.run(["capture", "--har", file.path])
    #expect(har.exitCode == 0 && har.output.count == 1)
    try await SigningTests.withFile(har.output[0]) { path in
      let end = try await SmoovenProcess.run([path], as: .peer("read_har.py", environment: .callbacks))
      #expect(end.exitCode == 0, "\(end.errors)")
      #expect(end.output.count == 20)
      #expect(
        end.output[0].hasPrefix("POST http://127.0.0.1:") && end.output[0].hasSuffix("/callbacks/smooven 200")
      )
      #expect(end.output[4].hasSuffix(" 401"))
    }
    let list = try await SmoovenProcess.run(["capture", file.path])
    #expect(
      list.output.count == 20 && list.output[0].hasSuffix("smooven  200  unmatched  notification.sent  ntf_0")
    )
  }
}
