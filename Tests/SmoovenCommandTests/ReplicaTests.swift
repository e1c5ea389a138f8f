#if PostgresSupport
import Foundation
import SmoovenCallbacks
import TestSupport
import Testing

/// Three `smooven listen` on one database behind a balancer, and many `smooven send --no-listen`.
@Suite(
  "Replicas of smooven listen",
  .enabled(if: PostgresServer.isAvailable),
  .throttled,
  .timeLimit(.minutes(10))
)
struct ReplicaTests {
  private static let environment = ["SMOOVEN_SECRET_KEY": CountingServer.key]

  private let store: String

  init() throws {
    store = try PostgresServer.shared.get().url(schema: newSchema())
  }

  @Test("Wherever a callback arrives, the waiting sender gets it, whichever replica is killed")
  func killed() async throws {
    let server = CountingServer()
    try await replicas(server) { url, balancer, processes, address in
      let ends = try await senders(0..<24, url, address) { number in
        // While some wait, one is killed, and one is stopped for a while.
        if number == 8 { processes[0].signal(SIGKILL) }
        if number == 12 { processes[1].signal(SIGSTOP) }
        if number == 20 { processes[1].signal(SIGCONT) }
      }
      for (number, end) in ends {
        #expect(end.exitCode == 0 && end.errors == [], "sender \(number): \(end)")
        #expect(server.count("job \(number)") == 1, "sender \(number)")
      }
      #expect(balancer.counts.allSatisfy { $0 > 0 }, "\(balancer.counts)")
    }
  }

  @Test("Many senders under one key send once, and end alike")
  func oneKey() async throws {
    let server = CountingServer()
    try await replicas(server) { url, _, _, address in
      let ends = try await senders(0..<6, url, address, key: "incident")
      #expect(server.count("incident") == 1)
      for (_, end) in ends { #expect(end.exitCode == 0, "\(end)") }
      #expect(Set(try ends.map { try $0.1.report["notification_id"] }).count == 1)
    }
  }

  @Test("If a sender is killed, the next one under its key takes over")
  func senderKilled() async throws {
    let server = CountingServer(story: .responseLost)
    try await replicas(server) { url, _, _, address in
      let arguments = arguments("incident", url, address)
      try await SmoovenProcess.with(arguments, environment: Self.environment) { sender in
        try await server.callbackURL("incident")
        sender.signal(SIGKILL)
        _ = try await sender.finished()
      }
      async let next = SmoovenProcess.run(arguments, environment: Self.environment)
      await server.callBack("incident")
      #expect(try await next.exitCode == 0)
      #expect(server.count("incident") == 1)
    }
  }

  // MARK: The pieces

  private func replicas(
    _ server: CountingServer,
    _ body: (_ url: String, RoundRobin, [SmoovenProcess], _ address: String) async throws -> Void
  ) async throws {
    let options = ["--secret", "smooven=\(CountingServer.key)", "--store", store]
    try await Listening.with(options) { first in
      try await Listening.with(options) { second in
        try await Listening.with(options) { third in
          let balancer = RoundRobin([first.url, second.url, third.url])
          try await balancer.serving { address in
            try await server.serving { url in
              try await body(url, balancer, [first.process, second.process, third.process], address)
            }
          }
        }
      }
    }
  }

  private func senders(
    _ numbers: Range<Int>,
    _ url: String,
    _ address: String,
    key: String? = nil,
    before: (Int) -> Void = { _ in }
  ) async throws -> [(Int, SmoovenProcess.State)] {
    try await withThrowingTaskGroup(of: (Int, SmoovenProcess.State).self) { group in
      var ends: [(Int, SmoovenProcess.State)] = []
      for number in numbers {
        if number >= 4, let end = try await group.next() { ends.append(end) }
        before(number)
        let arguments = arguments(key ?? "job \(number)", url, address)
        group.addTask { (number, try await SmoovenProcess.run(arguments, environment: Self.environment)) }
      }
      for try await end in group { ends.append(end) }
      return ends
    }
  }

  private func arguments(_ key: String, _ url: String, _ address: String) -> [String] {
    [
      "send", key, "--user", "on-call@example.com", "--base-url", url, "--no-listen", "--store", store,
      "--public-url", address, "--idempotency-key", key, "--timeout", "60s", "--json",
    ]
  }
}
#endif
