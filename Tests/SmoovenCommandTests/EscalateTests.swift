#if SQLiteSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenSQLite
import SmoovenSupport
import TestSupport
import Testing

@testable import SmoovenTesting

/// `smooven escalate`, killed between its steps.
@Suite("smooven escalate", .throttled, .timeLimit(.minutes(20)))
struct EscalateTests {
  private static let environment = ["SMOOVEN_SECRET_KEY": CountingServer.key]

  private static let rounds: Int? = {
    let environment = ProcessInfo.processInfo.environment
    return environment["SMOOVEN_KILL_ROUNDS"].flatMap { Int($0) }
      ?? (environment["SMOOVEN_STRESS"] == "1" ? 50 : nil)
  }()

  private let file = TemporaryFile()

  /// Writes a policy with silent steps, and one at the end that is delivered.
  private func policy(_ round: Int, silent: Int, advanceAfter: Double = 0.3) throws -> String {
    let path = file.path + ".policy-\(round).json"
    var steps: [JSONValue] = (0..<silent).map { step in
      [
        "messages": [["user": "sarah", "text": .string("round \(round) step \(step)")]], "until": "opened",
        "advance_after": .number(advanceAfter),
      ]
    }
    steps.append([
      "messages": [["user": "bob", "text": .string("round \(round) step \(silent)")]], "until": "delivered",
      "advance_after": 600,
    ])
    // Longer than the test may take, because the clock runs while no process does.
    let json: JSONValue = ["deadline": 600, "steps": .array(steps)]
    try JSONEncoder().encode(json).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("With the sandbox, a failure lets the next step begin, and an answer wins")
  func sandbox() async throws {
    let path = file.path + ".json"
    let json = #"""
      {"deadline": 30, "on_settled": "Settled.", "steps": [
        {"messages": [{"user": "fail@example.com", "text": "Down"}], "advance_after": 20, "until": "delivered"},
        {"messages": [
          {"user": "silent@example.com", "text": "Down"},
          {"user": "answer+Yes@example.com", "question": {"text": "Can you take it?", "options": ["No", "Yes"]}}
        ], "advance_after": 20, "until": "answered"}
      ]}
      """#
    try Data(json.utf8).write(to: URL(fileURLWithPath: path))
    let end = try await SmoovenProcess.run(["escalate", path, "--sandbox", "--json"])
    #expect(end.exitCode == 0, "\(end.errors)")
    let report = try end.report
    #expect(report["outcome"] == "answered")
    #expect(report["step"] == 1)
    #expect(report["answer"]?["option"] == "Yes")
    #expect(report["attempts"]?.arrayValue?.count == 3)
    // For a person, too.
    let said = try await SmoovenProcess.run(["escalate", path, "--sandbox"])
    #expect(said.output.last?.hasPrefix("✓ answered: Yes, by step 2 after ") == true, "\(said.output)")
  }

  @Test(
    "A file that isn't a policy is an error that says where",
    arguments: [
      ("{", "it isn't JSON"), ("{}", "steps is missing"),
      (
        #"{"deadline": 1, "steps": [{"messages": [], "advance_after": "x"}]}"#,
        "steps[0].advance_after has the wrong type"
      ),
      (#"{"deadline": 1, "steps": []}"#, "policy.steps: must be 1 to 32"),
    ]
  )
  func invalid(text: String, message: String) async throws {
    let path = file.path + ".json"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let end = try await SmoovenProcess.run(["escalate", path, "--sandbox"])
    #expect(end.exitCode == 1)
    #expect(end.errorText.contains(message), "\(end.errorText)")
  }

  @Test("If it's killed between any two steps, it repeats none and forgets none")
  func killed() async throws {
    let rounds = Self.rounds ?? 4
    let silent = 3
    var kills = 0
    for round in 0..<rounds {
      var random = SeededGenerator(seed: UInt64(round))
      // A process may be killed between the request of the last step and its callback.
      let server = CountingServer(answersStatus: true)
      let path = try policy(round, silent: silent)
      try await server.serving { url in
        let arguments = [
          "escalate", path, "--base-url", url, "--store", "sqlite:\(file.path)", "--idempotency-key",
          "incident:\(round)", "--json",
        ]
        var report: JSONValue?
        for victim in 0...(2 * silent) where report == nil {
          try await SmoovenProcess.with(arguments, environment: Self.environment) { process in
            let step = (0...silent).first { server.count("round \(round) step \($0)") == 0 } ?? silent
            if victim < 2 * silent, step < silent {
              // Right after its next step was posted, or whenever the kernel delivers the signal after the start.
              if Int.random(in: 0..<4, using: &random) > 0 {
                _ = try await server.callbackURL("round \(round) step \(step)")
              }
              process.signal(SIGKILL)
              kills += 1
              return
            }
            let end = try await process.finished()
            #expect(end.exitCode == 0, "round \(round): \(end.errors)")
            report = try end.report
          }
        }
        #expect(report?["step"] == .integer(Int64(silent)), "round \(round)")
      }
      for step in 0...silent {
        #expect(server.count("round \(round) step \(step)") == 1, "round \(round), step \(step)")
      }
    }
    print("escalations: \(rounds) rounds, \(kills) processes killed, every step posted once")
  }

  @Test(
    "If it's killed at random times, also while a request is in flight, no step is sent twice, and each has begun"
  )
  func killedAtAnyTime() async throws {
    let rounds = Self.rounds ?? 3
    let last = 3
    let port = try await SilentPort.free()
    var (kills, inFlight, unclear) = (0, 0, 0)
    for round in 0..<rounds {
      var random = SeededGenerator(seed: UInt64(1_000 + round))
      let server = CountingServer(
        answersStatus: true,
        // So that some are killed before the response and others after it. Nothing is awaited by it.
        beforeResponse: { try? await Task.sleep(for: .milliseconds(.random(in: 0...200))) }
      )
      let key = "random:\(round)"
      let arguments = [
        "escalate", try policy(round, silent: last), "--store", "sqlite:\(file.path)", "--idempotency-key",
        key,
        "--listen", "127.0.0.1:\(port)", "--json",
      ]
      try await server.serving { url in
        let arguments = arguments + ["--base-url", url]
        for _ in 0..<6 {
          try await SmoovenProcess.with(arguments, environment: Self.environment) { process in
            // Some time after its start, or after a request has arrived.
            let isAfterRequest = Bool.random(using: &random)
            let time = Duration.milliseconds(
              Int.random(in: 0...(isAfterRequest ? 150 : 1_500), using: &random)
            )
            try await withThrowingTaskGroup { group in
              group.addTask {
                if isAfterRequest { try await server.request() }
                // Nothing is awaited by it: the signal comes when it does.
                try await Task.sleep(for: time)
              }
              group.addTask { _ = try await process.finished() }
              // There may be no other request, if it only waits for the callback of the last one.
              group.addTask { try await Task.sleep(for: .seconds(3)) }
              try await group.next()
              group.cancelAll()
            }
            inFlight += server.heldCount > 0 ? 1 : 0
            process.signal(SIGKILL)
            kills += try await process.finished().exitCode == -SIGKILL ? 1 : 0
          }
        }
        let intent = "round \(round) step \(last)"
        // If it was claimed but not sent, the claim would have to end first, or nothing could be waited for.
        if server.count(intent) == 0, try await row(ofStep: last, key) != nil { return }
        try await SmoovenProcess.with(arguments, environment: Self.environment) { process in
          try await server.callbackURL(intent)
          // Again, because the process that sent it may have been killed before its callback arrived.
          try await until {
            await server.callBack(intent)
            return process.now.exitCode != nil
          }
          let end = try await process.finished()
          #expect(end.exitCode == 0, "round \(round): \(end.errors)")
          #expect(try end.report["step"] == .integer(Int64(last)), "round \(round)")
        }
      }
      for step in 0...last {
        let count = server.count("round \(round) step \(step)")
        #expect(count <= 1, "round \(round), step \(step)")
        let row = try await row(ofStep: step, key)
        #expect(row != nil, "round \(round), step \(step) is missing")
        // It may have been killed between claiming a message and sending it. The claim outlives these short steps, so a
        // later one may win before the message could be sent.
        #expect(count == 1 || row?.ids.isEmpty == true && row?.claim != nil, "round \(round), step \(step)")
        unclear += 1 - count
      }
    }
    #expect(inFlight > 0, "no request was in flight")
    print(
      "escalations: \(rounds) rounds, \(kills) processes killed at random times, \(inFlight) with a request in flight, "
        + "no step posted twice, \(unclear) claimed and then not posted"
    )
  }

  /// Returns the row of a step's message, or `nil` if the step hasn't begun.
  private func row(ofStep step: Int, _ key: String) async throws -> StoredDelivery? {
    let store = try await SQLiteDeliveryStore(path: file.path)
    let row = try await store.load(.idempotencyKey("\(key)\u{1F}\(step)"))
    await store.close()
    return row?.delivery
  }
}
#endif
