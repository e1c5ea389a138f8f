#if PostgresSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenPostgres
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

/// Three `smooven listen` on one database behind a balancer, and many `smooven send --no-listen`.
@Suite(
  "Replicas of smooven listen",
  .enabled(if: PostgresServer.isAvailable),
  .throttled,
  .timeLimit(.minutes(CountingServer.isStressed ? 60 : 5))
)
struct ReplicaTests {
  /// What happens to one of the replicas, and to one of the senders.
  enum Fault: Sendable, Hashable { case killed, stopped }

  /// The number of rounds and the time for which one is stopped: more with all of the stress.
  private static let courses: [(Fault, Int, Duration)] = [
    (Fault.killed, CountingServer.isStressed ? 30 : 1, Duration.seconds(0)),
    (.stopped, CountingServer.isStressed ? 3 : 1, .seconds(CountingServer.isStressed ? 30 : 2)),
  ]

  private let schema = newSchema()
  private let database: PostgresServer
  private let store: String

  init() throws {
    database = try PostgresServer.shared.get()
    store = database.url(schema: schema)
  }

  @Test(
    "Whichever replica or sender is killed or stopped, nothing is sent twice and no callback is lost",
    arguments: courses
  )
  func hit(_ fault: Fault, rounds: Int, pause: Duration) async throws {
    let server = CountingServer()
    let replicas = Replicas(store: store, server: server)
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    print("replicas: \(rounds) rounds, \(fault), seed \(seed)")
    var (unclear, resumed, loads) = (0, 0, 0)
    for round in 0..<rounds {
      let victims = (Int.random(in: 0..<3, using: &random), Int.random(in: 0..<8, using: &random))
      let moments = (0..<2).map { _ in Duration.milliseconds(Int.random(in: 0..<1_500, using: &random)) }
      let keys = (0..<8).map { "\(fault) \(round) \($0)" }
      let ends = try await replicas.serving { url, _, processes, address in
        let isOver = Watched(false)
        async let load = self.load(url, address, server, "load \(fault) \(round)", until: isOver)
        let ends = try await withThrowingTaskGroup(of: (Int, SmoovenProcess.State).self) { group in
          for (number, key) in keys.enumerated() {
            let arguments = replicas.arguments(key, url, address)
            group.addTask {
              let isVictim = number == victims.1
              let end = try await SmoovenProcess.with(arguments, environment: Replicas.environment) {
                sender in
                if isVictim { try await hit(sender, fault, after: moments[1], pause) }
                return try await sender.finished()
              }
              guard isVictim, fault == .killed else { return (number, end) }
              // Another one takes it over.
              return (number, try await SmoovenProcess.run(arguments, environment: Replicas.environment))
            }
          }
          try await hit(processes[victims.0], fault, after: moments[0], pause)
          return try await group.reduce(into: []) { $0.append($1) }
        }
        isOver.update { $0 = true }
        loads += try await load
        return ends
      }
      for (number, end) in ends {
        let count = server.count(keys[number])
        // One that was killed while it sent, before anything arrived, is unclear.
        let isUnclear = end.exitCode == 4 && number == victims.1 && fault == .killed && count == 0
        #expect(isUnclear || end.exitCode == 0 && count == 1, "\(keys[number]), sent \(count): \(end)")
        if isUnclear { unclear += 1 } else if number == victims.1 { resumed += 1 }
      }
    }
    let stored = try await storedEvents()
    #expect(server.acknowledged.subtracting(stored).isEmpty)
    print(
      "replicas: \(rounds) rounds, \(fault): \(rounds * 8) keys next to \(loads) of a load, \(server.acknowledged.count) callbacks with a 200,",
      "none lost, none sent twice; of the senders hit, \(resumed) ended right and \(unclear) as unclear"
    )
  }

  /// Sends twenty notifications a second from this process until told to end, and returns their number.
  ///
  /// Whatever happens to a replica, each is delivered, and is sent once.
  private func load(
    _ url: String,
    _ address: String,
    _ server: CountingServer,
    _ name: String,
    until isOver: Watched<Bool>
  ) async throws -> Int {
    let store = try await PostgresDeliveryStore(
      configuration: PostgresStoreConfiguration(url: database.url(), schema: schema)
    )
    var configuration = SmoovenConfiguration(
      secretKey: Secret(CountingServer.key),
      listener: .mounted(publicURL: address)
    )
    configuration.baseURL = url
    let count = try await withSmoovenClient(configuration: configuration, store: store) { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        var count = 0
        while !isOver.read(\.self) {
          let intent = "\(name) \(count)"
          count += 1
          group.addTask {
            let outcome = try await client.sendAndWait(
              intent: intent,
              context: .init(userID: "on-call@example.com"),
              timeout: .seconds(120)
            )
            #expect(outcome.isDelivered && server.count(intent) == 1, "\(intent): \(outcome)")
          }
          // Nothing is awaited by it: sends begin when they do.
          try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        try await group.waitForAll()
        return count
      }
    }
    await store.close()
    return count
  }

  /// Kills a process, or stops it for a while.
  private func hit(
    _ process: SmoovenProcess,
    _ fault: Fault,
    after moment: Duration,
    _ pause: Duration
  ) async throws {
    // Nothing is awaited by it: faults come when they do.
    try await ContinuousClock().sleep(for: moment)
    process.signal(fault == .killed ? SIGKILL : SIGSTOP)
    guard fault == .stopped else { return }
    try await ContinuousClock().sleep(for: pause)
    process.signal(SIGCONT)
  }

  /// The events that the database has, each as its notification and its name.
  private func storedEvents() async throws -> Set<String> {
    let store = try await PostgresDeliveryStore(
      configuration: PostgresStoreConfiguration(url: database.url(), schema: schema)
    )
    var (found, cursor) = (Set<String>(), EventCursor.beginning)
    while case let page = try await store.page(after: cursor, limit: 1_000), let last = page.last {
      found.formUnion(page.map { "\($0.event.correlationIDs.first ?? "") \($0.event.name)" })
      cursor = last.cursor
    }
    await store.close()
    return found
  }

  @Test("Many senders under one key send once, and get the same outcome")
  func oneKey() async throws {
    let server = CountingServer()
    let replicas = Replicas(store: store, server: server)
    try await replicas.serving { url, _, _, address in
      let arguments = replicas.arguments("incident", url, address)
      let ends = try await withThrowingTaskGroup(of: SmoovenProcess.State.self) { group in
        for _ in 0..<6 {
          group.addTask { try await SmoovenProcess.run(arguments, environment: Replicas.environment) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(server.count("incident") == 1)
      for end in ends { #expect(end.exitCode == 0, "\(end)") }
      #expect(Set(try ends.map { try $0.report["notification_id"] }).count == 1)
    }
  }

  @Test("If a sender is killed, the next one under its key takes over")
  func senderKilled() async throws {
    let server = CountingServer(story: .responseLost)
    let replicas = Replicas(store: store, server: server)
    try await replicas.serving { url, _, _, address in
      let arguments = replicas.arguments("incident", url, address)
      try await SmoovenProcess.with(arguments, environment: Replicas.environment) { sender in
        try await server.callbackURL("incident")
        sender.signal(SIGKILL)
        _ = try await sender.finished()
      }
      async let next = SmoovenProcess.run(arguments, environment: Replicas.environment)
      await server.callBack("incident")
      #expect(try await next.exitCode == 0)
      #expect(server.count("incident") == 1)
    }
  }
}
#endif
