#if SQLiteSupport
import Foundation
import SmoovenCallbacks
import Testing

/// Many scripts on one machine.
///
/// Each is a `smooven send --no-listen`, and one `smooven listen` receives for all.
@Suite("Many scripts on one SQLite file", .throttled, .timeLimit(.minutes(5)))
struct ManyWaitersTests {
  private static let environment = ["SMOOVEN_SECRET_KEY": CountingServer.key]

  /// The number of scripts: 200 with `SMOOVEN_STRESS=1`, and otherwise a fifth.
  private static let count = ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1" ? 200 : 40

  private let file = TemporaryFile()

  @Test("Ten begin per second, and each ends as its own callback says, soon after that is stored")
  func all() async throws {
    let server = CountingServer()
    let store = ["--store", "sqlite:\(file.path)"]
    let delays = try await Listening.with(["--secret", "smooven=\(CountingServer.key)"] + store) { listener in
      try await server.serving { url in
        try await withThrowingTaskGroup(of: Duration.self) { group in
          for number in 0..<Self.count {
            let intent = number % 5 == 0 ? "fail \(number)" : "job \(number)"
            let arguments =
              [
                "send", intent, "--user", "on-call@example.com", "--base-url", url, "--no-listen",
                "--public-url",
                listener.url, "--idempotency-key", intent, "--timeout", "60s", "--json",
              ] + store
            group.addTask { try await delay(of: intent, arguments, server) }
            // This waits for no event, because it's the pace at which scripts begin.
            try await ContinuousClock().sleep(for: .milliseconds(100))
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
      }
    }
    .sorted()
    try #require(delays.count == Self.count)
    print(
      "SQLite, \(Self.count) scripts: commit to outcome, median \(delays[Self.count / 2]), last \(delays[Self.count - 1])"
    )
    // The file is checked every 50 ms, and the rest is for a busy machine.
    #expect(delays[Self.count / 2] < .seconds(3))
  }

  /// Runs a script, and returns the time from the response to its last callback until it printed its outcome.
  private func delay(
    of intent: String,
    _ arguments: [String],
    _ server: CountingServer
  ) async throws -> Duration {
    try await SmoovenProcess.with(arguments, environment: Self.environment) { process in
      let acknowledged = try await server.acknowledgement(intent)
      _ = try await process.output(count: 1)
      let printed = ContinuousClock.now
      let end = try await process.finished()
      let isFailure = intent.hasPrefix("fail")
      #expect(end.exitCode == (isFailure ? 3 : 0) && end.errors == [], "\(intent): \(end)")
      #expect(try end.report["outcome"] == (isFailure ? "failed" : "delivered"), "\(intent)")
      #expect(server.count(intent) == 1, "\(intent)")
      return printed - acknowledged
    }
  }
}
#endif
