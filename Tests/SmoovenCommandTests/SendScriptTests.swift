import SmoovenCallbacks
import Testing

/// `smooven send --sandbox --json` with every story of the sandbox, in a real process.
@Suite("smooven send, by script", .throttled, .timeLimit(.minutes(5)))
struct SendScriptTests {
  /// A story, and how it must end.
  struct Story: Sendable, CustomTestStringConvertible {
    var recipient: String
    var arguments: [String] = []
    var outcome = "delivered"
    var status: String?
    var channel = "push"
    var events = ["queued", "sent", "delivered"]
    var exitCode: Int32 = 0

    var testDescription: String { ([recipient] + arguments).joined(separator: " ") }
  }

  static let critical = ["--urgency", "critical"]
  static let stories = [
    Story(recipient: "sarah@example.com"),
    Story(
      recipient: "fail@example.com",
      outcome: "failed",
      events: ["queued", "sent", "failed"],
      exitCode: 3
    ),
    Story(
      recipient: "undelivered",
      outcome: "failed",
      status: "undelivered",
      events: ["queued", "sent", "failed"],
      exitCode: 3
    ),
    Story(recipient: "fallback", channel: "sms", events: ["queued", "sent", "fallback", "delivered"]),
    Story(
      recipient: "silent",
      arguments: ["--timeout", "2s"],
      outcome: "timed_out",
      status: "queued",
      events: ["queued"],
      exitCode: 4
    ),
    Story(recipient: "early"),
    Story(recipient: "duplicate"),
    Story(recipient: "reorder", events: ["delivered"]),
    Story(recipient: "forged"),
    Story(recipient: "open"),
    Story(
      recipient: "open",
      arguments: ["--until", "opened"],
      status: "opened",
      events: ["queued", "sent", "delivered", "opened"]
    ),
    Story(
      recipient: "click",
      arguments: ["--until", "clicked"],
      status: "clicked",
      events: ["queued", "sent", "delivered", "opened", "clicked"]
    ),
    Story(
      recipient: "sarah",
      arguments: ["--until", "opened", "--timeout", "1s"],
      outcome: "timed_out",
      status: "delivered",
      exitCode: 4
    ),
    Story(
      recipient: "fail",
      arguments: ["--until", "opened"],
      outcome: "failed",
      events: ["queued", "sent", "failed"],
      exitCode: 3
    ),
    Story(recipient: "lost", arguments: ["--timeout", "1500ms"]),
    Story(recipient: "drop"),
    Story(recipient: "error500"),
    Story(recipient: "busy"),
    Story(recipient: "sarah", arguments: ["--urgency", "low"]),
    Story(recipient: "sarah", arguments: ["--urgency", "high"], channel: "sms"),
    Story(
      recipient: "sarah",
      arguments: critical,
      channel: "sms",
      events: ["queued", "sent", "sent", "delivered"]
    ),
    Story(
      recipient: "fail",
      arguments: critical,
      outcome: "failed",
      events: ["queued", "sent", "sent", "failed", "failed"],
      exitCode: 3
    ),
    Story(
      recipient: "partial",
      arguments: critical,
      channel: "sms",
      events: ["queued", "sent", "sent", "failed", "delivered"]
    ),
  ]

  @Test("A story ends as documented, and standard output contains only its report", arguments: stories)
  func outcome(story: Story) async throws {
    let arguments = ["send", "Remind Sarah", "--user", story.recipient, "--sandbox", "--json"]
    let end = try await SmoovenProcess.run(arguments + story.arguments)
    let report = try end.report
    #expect(end.exitCode == story.exitCode)
    #expect(report["outcome"] == .string(story.outcome))
    #expect(report["status"] == .string(story.status ?? story.outcome))
    #expect(report["channel"] == .string(story.channel))
    #expect(report["events"]?.strings == story.events.map { "notification.\($0)" })
    #expect(report["notification_id"]?.stringValue?.hasPrefix("ntf_") == true)
    #expect((0...30_000).contains(report["elapsed_ms"]?.integerValue ?? -1))
    #expect(
      report.keys == ["outcome", "notification_id", "channel", "status", "elapsed_ms", "events", "answer"]
    )
    // Those that aren't confirmed say why.
    let why = end.errors.first?.hasPrefix("why: ")
    #expect(why == nil || story.exitCode == 4 && why == true, "\(end.errors)")
  }

  @Test("A refused recipient is an error that names the code")
  func refused() async throws {
    let end = try await SmoovenProcess.run(["send", "Hi", "--user", "invalid", "--sandbox", "--json"])
    #expect(end.exitCode == 1)
    #expect(end.errorText.contains("invalid_recipient"))
    #expect(try end.report["outcome"] == "error")
    #expect(try end.report["error"]?["message"]?.stringValue?.contains("invalid_recipient") == true)
  }

  @Test("A wait isn't shorter than its timeout, and hardly longer")
  func elapsed() async throws {
    let arguments = ["send", "Hi", "--user", "silent", "--sandbox", "--json", "--timeout", "1s"]
    let elapsed = try await SmoovenProcess.run(arguments).report["elapsed_ms"]?.integerValue ?? 0
    #expect((990...6_000).contains(elapsed))
  }

  @Test("--no-wait ends once the notification is accepted", arguments: ["silent", "fail", "sarah"])
  func noWait(recipient: String) async throws {
    let arguments = ["send", "Hi", "--user", recipient, "--sandbox", "--no-wait", "--json"]
    let end = try await SmoovenProcess.run(arguments)
    #expect(end.exitCode == 0)
    #expect(try end.report["outcome"] == "accepted")
    #expect(try end.report["status"] == "queued")
    #expect(try end.report["notification_id"]?.stringValue?.hasPrefix("ntf_") == true)
  }

  @Test(
    "A channel can be used directly",
    arguments: [
      ["--channel", "sms", "--to", "+61400000000", "--message", "Your code is 482910"],
      ["--channel", "email", "--to", "sarah@example.com", "--message", "Hello"],
      ["--channel", "push", "--to", "ply_abc123"],
    ]
  )
  func directly(arguments: [String]) async throws {
    let end = try await SmoovenProcess.run(["send", "--sandbox", "--json"] + arguments)
    #expect(end.exitCode == 0)
    #expect(try end.report["channel"] == .string(arguments[1]))
    #expect(try end.report["events"]?.strings.last == "notification.delivered")
  }
}
