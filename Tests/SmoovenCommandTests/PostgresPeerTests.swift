#if PostgresSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenPostgres
import SmoovenTesting
import TestSupport
import Testing

/// Other programs on the same database: they read what is documented, and make contention.
@Suite(
  "PostgreSQL: other programs",
  .enabled(if: PostgresServer.isAvailable),
  .throttled,
  .timeLimit(.minutes(5))
)
struct PostgresPeerTests {
  /// The number of waits: 50, or 500 with all of the stress.
  private static let count = CountingServer.isStressed ? 500 : 50

  private let schema = newSchema()

  private func open(_ server: PostgresServer) async throws -> PostgresDeliveryStore {
    try await PostgresDeliveryStore(
      configuration: PostgresStoreConfiguration(url: server.url(), schema: schema)
    )
  }

  private func callback(_ id: String, _ token: DeliveryToken) -> StoredCallback {
    var event = CallbackEvent(
      provider: "smooven",
      name: "notification.delivered",
      kind: .delivered,
      correlationIDs: [id],
      deduplicationKey: id,
      payload: ["id": .string(id)],
      rawBody: Array(#"{"id":"\#(id)"}"#.utf8)
    )
    event.group = "smooven"
    return StoredCallback(event, token: token, receivedAt: Date())
  }

  /// Follows a store, and waits for a token in it as a client does.
  private func following(
    _ store: PostgresDeliveryStore,
    _ reports: DeliveryStoreReports,
    _ body: () async throws -> Void
  ) async throws {
    let following = Task { try await store.follow(reports.interests) { reports.note($0) } }
    defer { following.cancel() }
    try await body()
  }

  @Test(
    "psycopg reads the tables and hears the notifications of a replica, while pgbench keeps the server busy",
    .needs(.python)
  )
  func psycopg() async throws {
    let server = try PostgresServer()
    defer { server.stop() }
    let load = server.program("pgbench")
    try PostgresServer.run(load, ["-i", "-q", server.url()])
    try await SmoovenProcess.with(["-n", "-c", "4", "-T", "600", server.url()], as: .other(load)) { load in
      try await read(server)
      #expect(load.now.exitCode == nil, "\(load.now)")
    }
  }

  private func read(_ server: PostgresServer) async throws {
    let (waiter, receiver) = (try await open(server), try await open(server))
    let reports = DeliveryStoreReports()
    try await following(waiter, reports) {
      let (first, token) = (DeliveryToken(), DeliveryToken())
      for token in [first, token] {
        let lookup = CallbackLookup(group: "smooven", token: token)
        reports.want(lookup)
        try await waiter.watch(lookup)
      }
      // Once this gets through, the waiter listens.
      _ = try await receiver.append([callback("first", first)])
      try await reports.key("first")
      _ = try await waiter.insert(
        StoredDelivery(token: token, group: "smooven", openedAt: Date(), label: "a label")
      )
      try await SmoovenProcess.with(
        [server.url(), schema],
        as: .peer("postgres_reader.py", environment: .postgres)
      ) { reader in
        _ = try await reader.output(count: 1)
        _ = try await receiver.append([callback("ntf_1", token)])
        let lines = try await reader.output(count: 2)
        let seen = try JSONValue(parsing: Array(lines[1].utf8))
        let events = try #require(seen["events"]?.arrayValue)
        #expect(events.count == 1)
        #expect(events.first?["body"] == #"{"id":"ntf_1"}"#)
        #expect(lines[1].contains("notification.delivered"))
        #expect(seen["positions"]?.arrayValue == [events.first?["position"] ?? .null])
        #expect(lines[1].contains("a label"))
      }
    }
    await waiter.close()
    await receiver.close()
  }

  @Test("Every wait ends while pgbench keeps the server busy and a transaction stays open")
  func pgbench() async throws {
    // Its own, because an open transaction holds back the logs of all tests.
    let server = try PostgresServer()
    defer { server.stop() }
    let (waiter, receiver) = (try await open(server), try await open(server))
    let reports = DeliveryStoreReports()
    let url = server.url()
    let program = server.program("pgbench")
    try PostgresServer.run(program, ["-i", "-q", url])
    var delays: [Duration] = []
    try await SmoovenProcess.with(
      ["-n", "-c", "8", "-j", "2", "-T", "600", url],
      as: .other(program)
    ) { load in
      try await SmoovenProcess.with(
        ["-qAt", url],
        as: .other(server.program("psql")),
        hasInput: true
      ) { open in
        open.write(Array("BEGIN; SELECT pg_current_xact_id();\n".utf8))
        _ = try await open.output(count: 1)
        try await following(waiter, reports) {
          for number in 0..<Self.count {
            let token = DeliveryToken()
            let lookup = CallbackLookup(group: "smooven", token: token)
            reports.want(lookup)
            try await waiter.watch(lookup)
            #expect(try await receiver.append([callback("\(number)", token)]) == [.stored])
            let stored = ContinuousClock.now
            delays.append(try await reports.key("\(number)") - stored)
            reports.stopWanting()
          }
        }
      }
      #expect(load.now.exitCode == nil, "\(load.now)")
    }
    delays.sort()
    print(
      "replicas: next to pgbench with 8 clients, commit to wake median \(delays[Self.count / 2]), last",
      "\(delays[Self.count - 1])"
    )
    await waiter.close()
    await receiver.close()
  }
}
#endif
