import SmoovenCallbacks
import SmoovenTesting
import Testing

/// The responses of `smooven listen`, the sources of its secrets, and its output.
@Suite("smooven listen", .throttled, .timeLimit(.minutes(5)))
struct ListenTests {
  @Test(
    "Other methods and paths get their status",
    arguments: [
      ("GET", "/healthz", 200), ("HEAD", "/healthz", 200), ("POST", "/healthz", 405),
      ("GET", "/callbacks/smooven", 405), ("DELETE", "/callbacks/smooven", 405),
      ("POST", "/callbacks/smobi", 404), ("POST", "/callbacks", 404), ("GET", "/", 404),
      ("POST", "/callbacks/smooven/not-a-token", 404),
    ]
  )
  func routes(method: String, path: String, status: Int) async throws {
    try await Listening.with { listener in
      let answer = try await Requests.send(method, listener.url + path)
      #expect(answer.status == status)
      #expect(answer.headers["allow"] == (status == 405 ? (path == "/healthz" ? "GET, HEAD" : "POST") : nil))
      #expect(try await listener.stopped().events == [])
    }
  }

  @Test("While a secret is rotated, both are accepted, and no other")
  func rotation() async throws {
    let (new, old) = ("sk_live_new_0123456789", "sk_live_old_0123456789")
    try await Listening.with(["--secret", "smooven=\(new)", "--secret", "smooven=\(old)"]) { listener in
      try await check(listener, accepting: [new, old])
    }
    for variable in ["SMOOVEN_WEBHOOK_SECRET", "SMOOVEN_SECRET_KEY"] {
      try await Listening.with([], environment: [variable: "\(new),\(old)"]) { listener in
        try await check(listener, accepting: [new, old])
      }
    }
  }

  @Test("An option overrides the environment, and a provider's own variable overrides the Secret Key")
  func precedence() async throws {
    let (first, second, third) = ("sk_live_first_0123456", "sk_live_second_012345", "sk_live_third_0123456")
    let environment = ["SMOOVEN_WEBHOOK_SECRET": second, "SMOOVEN_SECRET_KEY": third]
    try await Listening.with(["--secret", "smooven=\(first)"], environment: environment) { listener in
      try await check(listener, accepting: [first], refusing: [second, third])
    }
    try await Listening.with([], environment: environment) { listener in
      try await check(listener, accepting: [second], refusing: [third])
    }
  }

  private func check(
    _ listener: Listening,
    accepting good: [String],
    refusing bad: [String] = ["sk_live_other_0123456"]
  ) async throws {
    for (number, key) in (good + bad).enumerated() {
      let event = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_\(number)")
      let status = try await Requests.callBack(listener.callbackURL, event, key: key)
      #expect(status == (good.contains(key) ? 200 : 401))
    }
    #expect(try await listener.stopped().events.count == good.count)
  }

  @Test("A secret that is missing or too short is an error that says so without showing it")
  func badSecrets() async throws {
    let missing = try await SmoovenProcess.run(["listen", "--provider", "smooven", "--port", "0"])
    #expect(missing.exitCode == 1)
    #expect(missing.errorText.contains("SMOOVEN_WEBHOOK_SECRET"))
    let short = try await SmoovenProcess.run(
      ["listen", "--provider", "smooven", "--port", "0", "--secret", "smooven=xyzzy"]
    )
    #expect(short.exitCode == 1)
    #expect(short.errorText.contains("at least 8"))
    #expect(!short.errorText.contains("xyzzy"))
  }

  @Test("Without --json, each event is a line for people")
  func lines() async throws {
    let arguments = [
      "listen", "--provider", "smooven", "--port", "0", "--secret", "smooven=\(Listening.key)",
    ]
    try await SmoovenProcess.with(arguments) { process in
      let listener = Listening(process: process, url: try await process.listeningURL())
      let failure = SmoovenCallbackFixture(
        "notification.failed",
        notificationID: "ntf_line",
        extraFields: ["reason": "rejected_by_carrier\n\u{1B}[2J\u{9B}2J"]
      )
      #expect(try await Requests.callBack(listener.callbackURL, failure, key: Listening.key) == 200)
      let line = try await process.output(count: 1)[0]
      for part in ["smooven", "notification.failed", "sms", "ntf_line", "rejected_by_carrier"] {
        #expect(line.contains(part))
      }
      // Characters that control a terminal are escaped.
      #expect(line.hasSuffix(#"rejected_by_carrier\n\u{1B}[2J\u{009B}2J"#))
    }
  }

  @Test("Callbacks are accepted at a URL with a token, and under a prefix")
  func tokens() async throws {
    try await Listening.with { listener in
      let event = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_token")
      let paths = ["/callbacks/smooven/0123456789abcdef0123456789abcdef", "/hooks/callbacks/smooven?x=1"]
      for path in paths {
        let status = try await Requests.callBack(listener.url + path, event, key: Listening.key)
        #expect(status == 200)
      }
      #expect(try await listener.stopped().events.count == 1)
    }
  }

  @Test("More events than a wait may leave unclaimed are accepted", .timeLimit(.minutes(5)))
  func many() async throws {
    let count = 10_100
    try await Listening.with { listener in
      let refused = try await withThrowingTaskGroup(of: Int.self) { group in
        for worker in 0..<16 {
          group.addTask {
            var refused = 0
            for number in stride(from: worker, to: count, by: 16) {
              if try await listener.send(id: "ntf_\(number)") != 200 { refused += 1 }
            }
            return refused
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(refused == 0)
      #expect(try await listener.stopped().events.count == count)
    }
  }
}
