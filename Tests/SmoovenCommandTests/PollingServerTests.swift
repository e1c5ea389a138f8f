import Smooven
import SmoovenCallbacks
import TestSupport
import Testing

/// `smooven send --poll`, and a client that polls, with a server in another language that never calls back.
@Suite("smooven send --poll", .throttled, .needs(.python), .timeLimit(.minutes(5)))
struct PollingServerTests {
  static let environment = ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]

  /// What happens to a recipient's notification.
  struct Story: Sendable, CustomTestStringConvertible {
    var recipient: String
    var outcome = "delivered"
    var status = "delivered"
    var exitCode: Int32 = 0
    var events: [String] = []
    var arguments: [String] = []

    var testDescription: String { recipient }
  }

  static let stories = [
    Story(recipient: "delivered", events: ["notification.sent", "notification.delivered"]),
    Story(
      recipient: "failed",
      outcome: "failed",
      status: "failed",
      exitCode: 3,
      events: ["notification.failed"]
    ),
    Story(
      recipient: "undelivered",
      outcome: "failed",
      status: "undelivered",
      exitCode: 3,
      events: ["notification.sent", "notification.failed"]
    ),
    Story(recipient: "fallback", events: ["notification.fallback", "notification.delivered"]),
    Story(
      recipient: "clicked",
      status: "clicked",
      events: ["notification.delivered", "notification.opened", "notification.clicked"],
      arguments: ["--until", "clicked"]
    ),
    Story(recipient: "down", events: ["notification.delivered"]),
    Story(recipient: "busy", events: ["notification.delivered"]),
    Story(
      recipient: "unknown",
      outcome: "timed_out",
      status: "queued",
      exitCode: 4,
      arguments: ["--timeout", "2s"]
    ),
    Story(recipient: "lost", outcome: "timed_out", status: "unconfirmed", exitCode: 4),
  ]

  @Test("The status gives the outcome, without a port or a callback URL", arguments: stories)
  func outcome(story: Story) async throws {
    try await SmoovenProcess.with([], as: .script("polled_smooven.py")) { server in
      let url = try await server.listeningURL()
      let end = try await SmoovenProcess.run(
        ["send", "Remind them", "--user", story.recipient, "--base-url", url, "--poll", "--json"]
          + story.arguments,
        environment: Self.environment.merging(["SMOOVEN_PUBLIC_URL": "https://unused.example"]) { $1 }
      )
      #expect(end.exitCode == story.exitCode, "\(end.errors)")
      // Those that aren't confirmed say why.
      let why = end.errors.first?.hasPrefix("why: ")
      #expect(why == nil || end.exitCode == 4 && why == true, "\(end.errors)")
      let report = try end.report
      #expect(report["outcome"]?.stringValue == story.outcome)
      #expect(report["status"]?.stringValue == story.status)
      #expect(report["events"]?.strings == story.events)
      let records = try server.now.output.map { try JSONValue(parsing: Array($0.utf8)) }
      let posts = records.filter { $0["post"] != nil }
      #expect(posts.count == 1)
      #expect(posts.first?["callback_url"] == .null)
      let queries = records.compactMap { $0["at"]?.doubleValue }
      if story.recipient == "busy" {
        #expect(try #require(queries.last) - queries[0] >= 2, "the pause that was asked for was not kept")
      }
      if story.recipient == "lost" {
        // It doesn't wait for something that nothing can report.
        #expect(try #require(report["elapsed_ms"]?.integerValue) < 5_000)
        #expect(queries.isEmpty)
      }
    }
  }

  #if os(Linux)
  @Test("No port is bound while it waits")
  func noPort() async throws {
    try await SmoovenProcess.with([], as: .script("polled_smooven.py")) { server in
      let url = try await server.listeningURL()
      let arguments = ["send", "Remind them", "--user", "silent", "--base-url", url, "--poll"]
      try await SmoovenProcess.with(arguments, environment: Self.environment) { process in
        _ = try await process.first { $0.output.contains { $0.contains("accepted") } ? true : nil }
        #expect(try !process.listensOnTCP)
      }
    }
  }
  #endif

  @Test("It uses no callbacks", arguments: ["--listen=:0", "--no-listen", "--public-url=https://a.example"])
  func usage(option: String) async throws {
    let end = try await SmoovenProcess.run(["send", "Hello", "--user", "sarah", "--poll", option])
    #expect(end.exitCode == 64)
    #expect(end.errorText.contains("--poll takes no callbacks"))
  }

  @Test(
    "A thousand open deliveries cause at most twenty requests a second, and those that end first are asked about first"
  )
  func thousand() async throws {
    try await SmoovenProcess.with([], as: .script("polled_smooven.py")) { server in
      let url = try await server.listeningURL()
      let configuration = SmoovenConfiguration(
        secretKey: "sk_live_0123456789abcdef",
        baseURL: url,
        tracking: .polling()
      )
      let urgent = try await withSmoovenClient(configuration: configuration) { client in
        var handles: [NotificationHandle] = []
        for number in 0..<1_000 {
          handles.append(
            try await client.notify(
              intent: "Remind \(number)",
              context: NotificationContext(userID: "silent")
            )
          )
        }
        try await withThrowingTaskGroup(of: DeliveryOutcome.self) { group in
          for (number, handle) in handles.enumerated() {
            group.addTask { try await handle.outcome(timeout: number < 980 ? .seconds(5) : .seconds(4)) }
          }
          for try await outcome in group { #expect(outcome == .timedOut(lastKnown: .queued)) }
        }
        return handles.suffix(20).compactMap(\.id)
      }
      let seen = try JSONValue(parsing: try await Requests.send("GET", "\(url)/seen").body)
      // These were sent last, and there was no time to ask about more than a tenth. At its deadline, each is asked about
      // once more.
      #expect(urgent.count == 20)
      for id in urgent { #expect(seen["polls"]?[id]?.integerValue ?? 0 >= 2, "\(id)") }
      let times = seen["times"]?.arrayValue?.compactMap(\.doubleValue).sorted() ?? []
      var most = 0
      for (index, time) in times.enumerated() {
        most = max(most, times[index...].prefix { $0 < time + 1 }.count)
      }
      let elapsed = (times.last ?? 0) - (times.first ?? 0)
      print("1,000 open deliveries: \(times.count) queries in \(elapsed) s, at most \(most) within a second")
      // Two may have been delayed on their way, and arrived together with the next ones.
      #expect(most <= 22)
      #expect(Double(times.count) <= elapsed * 20 + 1)
      #expect(times.count > 80, "fewer were sent than are allowed")
    }
  }
}
