import Foundation
import HTTPTypes
import Smooven
import SmoovenDashboard
import SmoovenTesting
import Testing

@Suite("Copying from the dashboard", .timeLimit(.minutes(1)))
struct CopyingTests {
  private static let secret: Secret = "sk_test_0123456789"

  /// Texts that would end a literal, call something, or look like something else in a source file or a shell.
  static let hostile =
    "\"\\(exit(1))\\\" */ #\" \n\t\r\0 \u{202E}evil\u{2066} \u{1B}[31m é 😀 e\u{301} $(exit 1) `exit 1` '; exit 1; '"

  /// The details of an event that arrived.
  private static func details(
    of fixture: SmoovenCallbackFixture,
    showsPeople: Bool = true,
    change: (inout DashboardRequest) -> Void = { _ in }
  ) async throws -> JSONValue {
    let request = fixture.request(secret: secret)
    let event = try SmoovenCallbackProvider(secrets: [secret]).decode(request)
    let feed = FakeFeed()
    let entry = DashboardEntry(
      number: 1,
      at: Date(),
      names: [],
      kind: "callback",
      title: event.name,
      recipient: event.recipient,
      hasRequest: true
    )
    var shown = DashboardRequest(
      path: "/callbacks/smooven/[redacted]",
      fields: request.head.headerFields.map { ($0.name.rawName, $0.value) },
      body: request.body
    )
    shown.url = "http://127.0.0.1:8080/callbacks/smooven/[redacted]"
    change(&shown)
    feed.append(DashboardDetails(entry: entry, request: shown, event: event))
    let client = Client(feed: feed, settings: DashboardSettings(showsPeople: showsPeople))
    return try await client.get("/api/entries/1")
  }

  static let sample = SmoovenCallbackFixture(
    "notification.delivered",
    notificationID: "ntf_abc123",
    userID: "sarah@example.com",
    metadata: ["intent": .string(hostile), "urgency": "normal"],
    extraFields: [
      "list": [1, 2.5, true, "x", .null], "nested": ["a": ["b": "c"], "empty": [:]],
      "big": 9_007_199_254_740_993,
    ]
  )

  @Test("A copied test is what CopiedCallback.swift has, which is compiled and run as a test")
  func compiles() async throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "CopiedCallback.swift")
    let text = try #require(try await Self.details(of: Self.sample)["test"]?.stringValue)
    let kept = try String(contentsOf: file, encoding: .utf8)
    if let path = ProcessInfo.processInfo.environment["SMOOVEN_WRITE_COPY"] {
      try ("// swift-format-ignore-file\n" + text).write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(kept == "// swift-format-ignore-file\n" + text)
  }

  @Test("A copied test has shortened recipients unless they are shown")
  func people() async throws {
    let text = try #require(try await Self.details(of: Self.sample, showsPeople: false)["test"]?.stringValue)
    #expect(!text.contains("sarah@example.com") && text.contains("sa…om"))
  }

  @Test(
    "The command sends the same bytes and fields, whatever is in them",
    arguments: [hostile, "@/etc/passwd", "'", "%s\\n", "\u{FEFF}x"]
  )
  func curl(text: String) async throws {
    var fixture = Self.sample
    fixture.metadata = ["text": .string(text)]
    let details = try await Self.details(of: fixture) { request in
      request.body = Array(text.utf8)
      request.bodySize = request.body.count
      request.fields.append(("X-Note", "it's $(exit 1)"))
    }
    let command = try #require(details["curl"]?.stringValue)
    // A curl that prints its arguments and its input.
    let script = """
      curl() { for a in "$@"; do printf '<%s>' "$a"; done; if [ "$(eval echo \\${$#})" = "@-" ]; then cat; fi; }
      \(command)
      """
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", script]
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let printed = String(decoding: bytes, as: UTF8.self)
    #expect(printed.contains("<http://127.0.0.1:8080/callbacks/smooven/[redacted]>"))
    #expect(printed.contains("<X-Note: it's $(exit 1)>"))
    #expect(printed.hasSuffix("<\(text)>") || printed.hasSuffix("<@->\(text)"), "\(printed)")
    #expect(!printed.contains("<@/"))
  }

  @Test("A command whose signature can't match says so")
  func notes() async throws {
    let hidden = try #require(
      try await Self.details(of: Self.sample, showsPeople: false)["curl"]?.stringValue
    )
    #expect(
      hidden.hasPrefix("# ") && hidden.contains("--show-people") && !hidden.contains("sarah@example.com")
    )
    let cut = try await Self.details(of: Self.sample) { $0.bodySize += 1 }
    #expect(cut["curl"]?.stringValue?.hasPrefix("# only the beginning") == true)
    let whole = try #require(try await Self.details(of: Self.sample)["curl"]?.stringValue)
    #expect(!whole.hasPrefix("#"))
  }
}
