#if SQLiteSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenSQLite
import TestSupport
import Testing

@testable import SmoovenTesting

/// Many `smooven send` under one idempotency key at the same time, one of which is killed.
@Suite("Many smooven send under one key", .throttled, .timeLimit(.minutes(30)))
struct ManySendersTests {
  private static let senderCount = 8

  /// The number of rounds, from `SMOOVEN_KILL_ROUNDS`.
  ///
  /// Defaults to 5, or to 20 with `SMOOVEN_STRESS=1`.
  private static var roundCount: Int {
    let environment = ProcessInfo.processInfo.environment
    return environment["SMOOVEN_KILL_ROUNDS"].flatMap(Int.init)
      ?? (environment["SMOOVEN_STRESS"] == "1" ? 20 : 5)
  }

  /// The first round.
  ///
  /// With `SMOOVEN_KILL_ROUNDS=1`, a failed one is repeated.
  private static var firstSeed: UInt64 {
    ProcessInfo.processInfo.environment["SMOOVEN_KILL_SEED"].flatMap { UInt64($0) }
      ?? .random(in: 0..<1_000_000)
  }

  private let file = TemporaryFile()

  // MARK: At a random moment

  /// What happens in one round, determined by its seed alone.
  private struct Plan: Sendable, CustomStringConvertible {
    enum Moment {
      case afterStart, afterClaim, afterRequest
    }

    let seed: UInt64
    let victim: Int
    let moment: Moment
    let pause: Duration

    init(seed: UInt64) {
      var random = SeededGenerator(seed: seed)
      self.seed = seed
      // The first one to start usually has the claim.
      victim = Bool.random(using: &random) ? 0 : Int.random(in: 0..<senderCount, using: &random)
      moment =
        switch Int.random(in: 0..<7, using: &random) {
        case 0: .afterClaim
        case 1...3: .afterRequest
        default: .afterStart
        }
      let longest: Int64 =
        switch moment {
        case .afterStart: 400_000
        case .afterClaim: 10_000
        case .afterRequest: 50_000
        }
      pause = .microseconds(Int64.random(in: 0..<longest, using: &random))
    }

    var key: String { "round \(seed)" }

    var description: String { "seed \(seed): process \(victim), \(moment) and \(pause)" }
  }

  @Test("However one of them ends, at most one request is sent, and the others get the same outcome")
  func randomly() async throws {
    let server = CountingServer()
    let store = try await SQLiteDeliveryStore(path: file.path)
    let first = Self.firstSeed
    let count = Self.roundCount
    try await setting(server) { url, listener in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<count {
          // Four at a time, because a claim whose owner is gone is taken over only when its lease has ended.
          if number >= 4 { _ = try await group.next() }
          group.addTask {
            try await round(Plan(seed: first + UInt64(number)), server, url, listener, store)
          }
        }
        try await group.waitForAll()
      }
    }
    await store.close()
  }

  private func round(
    _ plan: Plan,
    _ server: CountingServer,
    _ url: String,
    _ listener: Listening,
    _ store: SQLiteDeliveryStore
  ) async throws {
    let ends = try await withThrowingTaskGroup(of: SmoovenProcess.State.self) { group in
      for number in 0..<Self.senderCount {
        group.addTask {
          try await SmoovenProcess.with(
            arguments(plan.key, at: url, listener, timeout: "60s"),
            environment: ["SMOOVEN_SECRET_KEY": CountingServer.key]
          ) { process in
            if number == plan.victim {
              try await moment(plan, server, store)
              process.signal(SIGKILL)
            }
            return try await process.finished()
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let survivors = ends.filter { $0.exitCode != -SIGKILL }
    let count = server.count(plan.key)
    let row = try #require(try await store.load(.idempotencyKey(plan.key)), "\(plan)")
    #expect(survivors.count >= Self.senderCount - 1, "\(plan): \(ends)")
    #expect(count <= 1, "\(plan)")
    if count == 0 {
      // Only a sender that was killed after it armed the send can have left it unsent, and the others can't know.
      #expect(survivors.count < Self.senderCount, "\(plan)")
      #expect(row.delivery.claim?.isArmed == true && row.delivery.ids.isEmpty, "\(plan): \(row)")
    } else {
      #expect(row.delivery.verdict != nil, "\(plan): \(row)")
    }
    try expectAlike(survivors, code: count == 0 ? 4 : 0, "\(plan)")
  }

  private func moment(_ plan: Plan, _ server: CountingServer, _ store: SQLiteDeliveryStore) async throws {
    switch plan.moment {
    case .afterStart: break
    case .afterClaim:
      try await until { try await store.load(.idempotencyKey(plan.key)) != nil }
    case .afterRequest: try await server.callbackURL(plan.key)
    }
    // This waits for no event, because a random time is the point.
    try await ContinuousClock().sleep(for: plan.pause)
  }

  // MARK: At the worst moment

  @Test("If the one that sent is killed before its response, the callback ends all the others")
  func callbackArrives() async throws {
    try await killingTheSender(timeout: "60s", code: 0) { server, key in await server.callBack(key) }
  }

  @Test("If no callback arrives either, all the others end as not confirmed, and none sends again")
  func nothingArrives() async throws {
    try await killingTheSender(timeout: "8s", code: 4) { _, _ in }
  }

  private func killingTheSender(
    timeout: String,
    code: Int32,
    then: @Sendable (CountingServer, _ key: String) async -> Void
  ) async throws {
    let (server, key) = (CountingServer(story: .responseLost), "incident 17")
    let environment = ["SMOOVEN_SECRET_KEY": CountingServer.key]
    try await setting(server) { url, listener in
      let arguments = arguments(key, at: url, listener, timeout: timeout)
      try await SmoovenProcess.with(arguments, environment: environment) { sender in
        try await server.callbackURL(key)
        let ends = try await withThrowingTaskGroup(of: SmoovenProcess.State.self) { group in
          for _ in 1..<Self.senderCount {
            group.addTask { try await SmoovenProcess.run(arguments, environment: environment) }
          }
          sender.signal(SIGKILL)
          #expect(try await sender.finished().exitCode == -SIGKILL)
          await then(server, key)
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(server.count(key) == 1)
        try expectAlike(ends, code: code, key)
      }
    }
  }

  // MARK: The pieces

  /// Runs a server, and a listener on the test's file, while a closure runs.
  private func setting(
    _ server: CountingServer,
    _ body: (_ url: String, Listening) async throws -> Void
  ) async throws {
    let options = ["--secret", "smooven=\(CountingServer.key)", "--store", "sqlite:\(file.path)"]
    try await Listening.with(options) { listener in
      try await server.serving { url in try await body(url, listener) }
    }
  }

  private func arguments(_ key: String, at url: String, _ listener: Listening, timeout: String) -> [String] {
    [
      "send", key, "--user", "on-call@example.com", "--base-url", url, "--no-listen", "--store",
      "sqlite:\(file.path)", "--public-url", listener.url, "--idempotency-key", key, "--timeout", timeout,
      "--json",
    ]
  }

  /// Expects processes to have ended in the same way, apart from the time that each took.
  private func expectAlike(_ ends: [SmoovenProcess.State], code: Int32, _ comment: String) throws {
    var reports: Set<JSONValue> = []
    for end in ends {
      // Those that time out say why.
      let isQuiet = end.errors.allSatisfy { $0.hasPrefix("why: ") || $0.hasPrefix("     ") }
      #expect(end.exitCode == code && isQuiet, "\(comment): \(end)")
      var fields = try #require(try end.report.objectValue, "\(comment): \(end)")
      #expect(fields.removeValue(forKey: "elapsed_ms") != nil, "\(comment): \(end)")
      reports.insert(.object(fields))
    }
    #expect(reports.count == 1, "\(comment): \(reports)")
    #expect(reports.first?["outcome"] == (code == 0 ? "delivered" : "timed_out"), "\(comment)")
  }
}
#endif
