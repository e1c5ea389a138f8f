import SmoovenCallbacks
import TestSupport
import Testing

/// `smooven send` to a fake of Smooven that breaks its promises.
@Suite("smooven send to a misbehaving server", .throttled, .needs(.python), .timeLimit(.minutes(5)))
struct MisbehavingServerTests {
  /// A way to misbehave, and the expected result.
  struct Misbehaviour: Sendable, CustomTestStringConvertible {
    var mode: String
    var isSilent = false
    var outcome = "delivered"
    var status: String?
    var posts = 1
    var exitCode: Int32 = 0
    /// The responses that the listener must send to the callbacks.
    var answers: [Int64]?

    var testDescription: String { isSilent ? "\(mode), no callbacks" : mode }

    /// Creates a misbehavior after which nothing reports what became of the notification.
    static func unclear(_ mode: String) -> Misbehaviour {
      Misbehaviour(mode: mode, isSilent: true, outcome: "timed_out", status: "unconfirmed", exitCode: 4)
    }
  }

  static let rubbish = [
    "random_bytes", "half_a_status_line", "wrong_content_length", "html", "truncated_json", "no_id",
    "huge_body",
  ]

  static let misbehaviours =
    [
      Misbehaviour(mode: "calls_back_first", answers: [200, 200, 200]),
      Misbehaviour(mode: "never_answers"),
      Misbehaviour(mode: "never_calls_back", outcome: "timed_out", status: "queued", exitCode: 4),
      Misbehaviour(mode: "default_url"),
      Misbehaviour(mode: "default_url_first", answers: [200, 200, 200]),
      Misbehaviour(mode: "forged_first"),
      .unclear("never_answers"),
    ] + rubbish.map { Misbehaviour(mode: $0) } + rubbish.map { .unclear($0) }

  /// Returns what a server has recorded, once it has recorded a number of lines that contain a text.
  private func records(
    of server: SmoovenProcess,
    count: Int = 1,
    holding text: String = "POST"
  ) async throws -> [JSONValue] {
    let lines = try await server.first { state in
      state.output.filter { $0.contains(text) }.count >= count ? state.output : nil
    }
    return try lines.map { try JSONValue(parsing: Array($0.utf8)) }
  }

  @Test("Callbacks decide the outcome, and nothing is posted twice", arguments: misbehaviours)
  func outcome(misbehaviour: Misbehaviour) async throws {
    let settles = misbehaviour.outcome != "timed_out"
    let arguments = [misbehaviour.mode] + (misbehaviour.isSilent ? ["--silent"] : [])
    try await SmoovenProcess.with(arguments, as: .script("misbehaving_smooven.py")) { server in
      let url = try await server.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Hi", "--user", "sarah", "--json", "--timeout", settles ? "30s" : "1s", "--base-url", url],
        environment: ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]
      )
      let report = try end.report
      #expect(end.exitCode == misbehaviour.exitCode)
      #expect(report["outcome"] == .string(misbehaviour.outcome))
      #expect(report["status"] == .string(misbehaviour.status ?? misbehaviour.outcome))
      #expect((report["elapsed_ms"]?.integerValue ?? .max) < 10_000)

      let posts = try await records(of: server).filter { $0["method"] == "POST" }
      #expect(posts.count == misbehaviour.posts)
      if let answers = misbehaviour.answers {
        let seen = try await records(of: server, count: answers.count, holding: #""callback""#)
        #expect(seen.filter { $0["callback"] != nil }.map { $0["status"]?.integerValue } == answers)
      }
    }
  }

  @Test("A forged callback gets a 401, and the real one after it counts")
  func forgery() async throws {
    try await SmoovenProcess.with(["forged_first"], as: .script("misbehaving_smooven.py")) { server in
      let url = try await server.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Hi", "--user", "sarah", "--json", "--base-url", url],
        environment: ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]
      )
      #expect(try end.report["events"]?.strings == ["notification.delivered"])
      let seen = try await records(of: server, holding: #""callback""#)
      #expect(seen.first { $0["callback"] != nil }?["status"] == 401)
    }
  }

  @Test("A callback of another notification is accepted, and settles nothing")
  func otherNotification() async throws {
    try await SmoovenProcess.with(["other_id_first"], as: .script("misbehaving_smooven.py")) { server in
      let url = try await server.listeningURL()
      try await SmoovenProcess.with(
        ["send", "Hi", "--user", "sarah", "--base-url", url],
        environment: ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]
      ) { sender in
        _ = try await sender.first { $0.output.first { $0.contains("accepted") } }
        #expect(try await Requests.send("GET", "\(url)/answer-is-read").status == 200)
        let end = try await sender.finished()
        #expect(end.exitCode == 3)
        #expect(end.output.last?.hasPrefix("✗ failed on sms") == true)
        #expect(!end.output.contains { $0.contains("delivered") })
        let seen = try await records(of: server, holding: #""callback""#)
        #expect(seen.first { $0["callback"] != nil }?["status"] == 200)
      }
    }
  }

  @Test("If a connection is closed unread, it isn't reopened for the same notification")
  func closedUnread() async throws {
    try await SmoovenProcess.with(["closes_unread"], as: .script("misbehaving_smooven.py")) { server in
      let url = try await server.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Hi", "--user", "sarah", "--json", "--timeout", "1s", "--base-url", url],
        environment: ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]
      )
      #expect(end.exitCode == 4)
      #expect(try end.report["status"] == "unconfirmed")
      #expect(try await records(of: server, holding: "connection").count == 1)
    }
  }

  @Test(
    "A refusal is an error immediately, with its reason",
    arguments: [
      ("rate_limits", 4, "429, 4 attempts"),
      ("rate_limits_for_an_hour", 1, "retry after 3600 s"),
      ("redirects", 1, "redirect"),
      ("refuses_the_key", 1, "Secret Key"),
    ]
  )
  func refusals(mode: String, posts: Int, reason: String) async throws {
    try await SmoovenProcess.with([mode], as: .script("misbehaving_smooven.py")) { server in
      let url = try await server.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Hi", "--user", "sarah", "--json", "--base-url", url],
        environment: ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]
      )
      #expect(end.exitCode == 1)
      #expect(end.errorText.contains(reason), "\(end.errors)")
      #expect(!end.errorText.contains("sk_live_"))
      let paths = try await records(of: server, count: posts).compactMap { $0["path"] }
      #expect(paths == Array(repeating: "/v1/agent/notify", count: posts))
    }
  }

  @Test(
    "While a key is rotated, the new one sends, and the old one may still sign",
    arguments: ["new", "old"]
  )
  func rotation(signer: String) async throws {
    let (new, old) = ("sk_live_new_0123456789", "sk_live_old_0123456789")
    let arguments = ["calls_back_first", "--key", signer == "new" ? new : old]
    try await SmoovenProcess.with(arguments, as: .script("misbehaving_smooven.py")) { server in
      let url = try await server.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Hi", "--user", "sarah", "--json"],
        environment: ["SMOOVEN_SECRET_KEY": "\(new),\(old)", "SMOOVEN_BASE_URL": url]
      )
      #expect(end.exitCode == 0)
      let seen = try await records(of: server)
      #expect(seen.compactMap { $0["authorization"] } == [.string("Bearer \(new)")])
    }
  }

  @Test("The public URL, including its path, is the start of the callback URL", arguments: [true, false])
  func publicURL(isOption: Bool) async throws {
    let publicURL = "https://agent.example.com/hooks/"
    try await SmoovenProcess.with(["never_calls_back"], as: .script("misbehaving_smooven.py")) { server in
      let url = try await server.listeningURL()
      let option = isOption ? ["--public-url", publicURL] : []
      var environment = ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef", "SMOOVEN_BASE_URL": "\(url)/"]
      environment["SMOOVEN_PUBLIC_URL"] = isOption ? "https://not.example.com" : publicURL
      let end = try await SmoovenProcess.run(
        ["send", "Hi", "--user", "sarah", "--json", "--no-wait"] + option,
        environment: environment
      )
      #expect(end.exitCode == 0)
      let callbackURL = try await records(of: server).compactMap { $0["body"]?["callback_url"]?.stringValue }
        .first
      let expected = #/https:\/\/agent\.example\.com\/hooks\/callbacks\/smooven\/[0-9a-f]{32}/#
      #expect(callbackURL?.wholeMatch(of: expected) != nil, "\(callbackURL ?? "none")")
    }
  }
}
