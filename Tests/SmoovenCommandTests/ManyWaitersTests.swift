#if SQLiteSupport
import Foundation
import SmoovenCallbacks
import SmoovenSupport
import Testing

/// Many scripts on one machine.
///
/// Each is a `smooven send --no-listen`, and one `smooven listen` receives for all.
@Suite("Many scripts on one SQLite file", .throttled, .timeLimit(.minutes(5)))
struct ManyWaitersTests {
  private static let environment = ["SMOOVEN_SECRET_KEY": CountingServer.key]

  /// The number of scripts: 200 with `SMOOVEN_STRESS=1`, and otherwise a fifth.
  private static let count = CountingServer.isStressed ? 200 : 40
  /// The number of scripts that wait at the same time, and for how long.
  private static let waitingCount = CountingServer.isStressed ? 200 : 10
  private static let waitingTime: Duration = .seconds(CountingServer.isStressed ? 10 : 1)

  private let file = TemporaryFile()

  @Test("Ten start per second, and each ends as its own callback says, soon after it's stored")
  func all() async throws {
    let server = CountingServer()
    let store = ["--store", "sqlite:\(file.path)"]
    let delays = try await Listening.with(["--secret", "smooven=\(CountingServer.key)"] + store) { listener in
      try await server.serving { url in
        try await withThrowingTaskGroup(of: Duration.self) { group in
          for number in 0..<Self.count {
            let intent = Self.intent(number)
            let arguments = Self.arguments(intent, url, listener, timeout: "60s") + store
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

  @Test("All of them wait at the same time, and each ends as its own callback says")
  func atTheSameTime() async throws {
    let server = CountingServer(story: .held)
    let store = ["--store", "sqlite:\(file.path)"]
    let waiting = Watched<[SmoovenProcess]>([])
    let delays = try await Listening.with(["--secret", "smooven=\(CountingServer.key)"] + store) { listener in
      try await server.serving { url in
        try await withThrowingTaskGroup(of: Duration.self, returning: [Duration].self) { group in
          for number in 0..<Self.waitingCount {
            let intent = Self.intent(number)
            let arguments = Self.arguments(intent, url, listener, timeout: "240s") + store
            group.addTask { try await delay(of: intent, arguments, server, waiting) }
            // This waits for no event, because it's the pace at which scripts begin.
            try await ContinuousClock().sleep(for: .milliseconds(100))
          }
          let processes = try await waiting.first { $0.count == Self.waitingCount ? $0 : nil }
          try await measure(processes)
          #expect(processes.allSatisfy { $0.now.exitCode == nil && $0.now.output == [] })
          for number in 0..<Self.waitingCount {
            Task { await server.callBack(Self.intent(number)) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
      }
    }
    .sorted()
    try #require(delays.count == Self.waitingCount)
    print(
      "SQLite, \(Self.waitingCount) scripts at the same time: commit to outcome, median",
      "\(delays[Self.waitingCount / 2]), last \(delays[Self.waitingCount - 1])"
    )
  }

  /// Prints what processes use of the processors while they wait.
  private func measure(_ processes: [SmoovenProcess]) async throws {
    #if os(Linux)
    let before = try processes.map { try $0.processorTime }
    let start = ContinuousClock.now
    // This waits for no event, because none is to happen.
    try await ContinuousClock().sleep(for: Self.waitingTime)
    let after = try processes.map { try $0.processorTime }
    let used = after.reduce(Duration.zero, +) - before.reduce(Duration.zero, +)
    let percent = Int((used / (ContinuousClock.now - start) * 100).rounded())
    print("SQLite, \(processes.count) scripts that wait: \(percent) % of a processor, all together")
    #endif
  }

  private static func intent(_ number: Int) -> String {
    number % 5 == 0 ? "fail \(number)" : "job \(number)"
  }

  private static func arguments(
    _ intent: String,
    _ url: String,
    _ listener: Listening,
    timeout: String
  ) -> [String] {
    [
      "send", intent, "--user", "on-call@example.com", "--base-url", url, "--no-listen", "--public-url",
      listener.url, "--idempotency-key", intent, "--timeout", timeout, "--json",
    ]
  }

  /// Runs a script, and returns the time from the response to its last callback until it printed its outcome.
  private func delay(
    of intent: String,
    _ arguments: [String],
    _ server: CountingServer,
    _ waiting: Watched<[SmoovenProcess]>? = nil
  ) async throws -> Duration {
    try await SmoovenProcess.with(arguments, environment: Self.environment) { process in
      if let waiting {
        try await server.callbackURL(intent)
        waiting.update { $0.append(process) }
      }
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
