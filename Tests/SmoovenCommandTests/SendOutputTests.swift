import TestSupport
import Testing

/// The output of `smooven send` for people.
@Suite("smooven send, for people", .throttled, .timeLimit(.minutes(5)))
struct SendOutputTests {
  private func send(
    _ recipient: String,
    _ arguments: [String] = [],
    as program: Program = .smooven
  ) async throws -> SmoovenProcess.State {
    let arguments = ["send", "Remind Sarah", "--user", recipient, "--sandbox"] + arguments
    return try await SmoovenProcess.run(arguments, as: program)
  }

  /// Returns the second column of each line of the timeline.
  private func steps(_ lines: [String]) -> [Substring] {
    lines.compactMap { $0.firstMatch(of: #/^\s+\d+\.\d\d s  (\w+)/#)?.1 }
  }

  @Test("In a pipe, lines are plain and in order")
  func pipe() async throws {
    let end = try await send("sarah@example.com")
    #expect(end.exitCode == 0)
    #expect(steps(end.output) == ["accepted", "queued", "sent", "delivered"])
    #expect(end.output.last?.hasPrefix("✓ delivered on push after 0.") == true)
    #expect(end.output.count == 5)
    #expect(!end.output.joined().contains { $0 == "\u{1B}" || $0 == "\r" })
    #expect(end.errors == [])
  }

  @Test(
    "The last line and the exit code say how it ended",
    arguments: [
      ("fail", [], "✗ failed on push", 3),
      ("undelivered", [], "✗ failed on push", 3),
      ("silent", ["--timeout", "500ms"], "✗ timed out, last known: queued", 4),
      ("click", ["--until", "clicked"], "✓ delivered on push", 0),
      ("sarah", ["--no-wait"], "✓ accepted on push", 0),
    ]
  )
  func endings(recipient: String, arguments: [String], ending: String, code: Int32) async throws {
    let end = try await send(recipient, arguments)
    #expect(end.exitCode == code)
    #expect(end.output.last?.hasPrefix(ending) == true, "\(end.output)")
  }

  @Test("A failure says why, and so do a lost response and a lost callback")
  func explanations() async throws {
    let failed = try await send("fail")
    #expect(failed.output.contains { $0.contains("failed") && $0.contains("rejected_by_carrier") })
    let dropped = try await send("drop")
    #expect(steps(dropped.output) == ["unconfirmed", "queued", "sent", "delivered"])
    let lost = try await send("lost", ["--timeout", "1s"])
    #expect(lost.output.contains { $0.contains("delivered") && $0.contains("its callback was lost") })
  }

  @Test("On a terminal, a line shows what it waits for and the seconds that are left", .needs(.python))
  func terminal() async throws {
    let end = try await send("silent", ["--timeout", "2s"], as: .smoovenOnTerminal)
    #expect(end.exitCode == 4)
    let text = end.output.joined(separator: "\n")
    #expect(text.contains("waiting until delivered, 2 s left"))
    #expect(text.contains("waiting until delivered, 1 s left"))
    #expect(text.contains("\r\u{1B}[K"))
    #expect(text.contains("queued"))
    // The line is removed before the last line is printed.
    let last = try #require(text.split(separator: "\u{1B}[K").last)
    #expect(last.hasPrefix("✗ timed out"))
  }

  @Test("On a terminal, --json prints only its report", .needs(.python))
  func terminalJSON() async throws {
    let end = try await send("sarah", ["--json"], as: .smoovenOnTerminal)
    #expect(end.exitCode == 0)
    #expect(end.output.count == 1)
    #expect(end.output.first?.hasPrefix("{") == true)
  }

  @Test("If a reader disconnects early, the outcome is the same", .needs(.python))
  func closedPipe() async throws {
    let end = try await SmoovenProcess.run(["send", "Hi", "--user", "fail", "--sandbox"], as: .smoovenUnread)
    #expect(end.exitCode == 3)
  }
}
