#if PostgresSupport
import Foundation
import Smooven
import SmoovenPostgres
import SmoovenTesting
import TestSupport
import Testing

/// Three `smooven listen` on a database that is away for a while, or that keeps one of them waiting.
@Suite(
  "Replicas of smooven listen: outages",
  .enabled(if: PostgresServer.isAvailable),
  .throttled,
  .timeLimit(.minutes(5))
)
struct ReplicaOutageTests {
  private let schema = newSchema()
  private let server = CountingServer(story: .held)
  /// One event, with the same bytes each time.
  private let delivered = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_incident")

  /// Runs three listeners and a sender that waits for the outcome of "incident".
  private func waiting(
    on database: PostgresServer,
    _ body: (_ replicas: [SmoovenProcess], _ callbackURL: String) async throws -> Void
  ) async throws {
    let replicas = Replicas(store: database.url(schema: schema), server: server)
    try await replicas.serving { url, _, processes, address in
      let arguments = replicas.arguments("incident", url, address)
      try await SmoovenProcess.with(arguments, environment: Replicas.environment) { sender in
        let callbackURL = try await server.callbackURL("incident")
        let store = try await PostgresDeliveryStore(
          configuration: PostgresStoreConfiguration(url: database.url(), schema: schema)
        )
        // Until it has the response, so that it only waits.
        try await eventually {
          try await store.load(.idempotencyKey("incident"))?.delivery.notificationID.map { _ in () }
        }
        await store.close()
        try await body(processes, callbackURL)
        await server.callBack("incident")
        let end = try await sender.finished()
        #expect(end.exitCode == 0 && server.count("incident") == 1, "\(end)")
      }
    }
  }

  /// Waits for a line about the store on standard error.
  private func said(_ text: String, by replica: SmoovenProcess) async throws {
    try await replica.first { state in
      state.errors.contains { $0.contains("the store \(text)") } ? () : nil
    }
  }

  @Test("While the database is down, callbacks get a 503, each replica says so once, and then all waits end")
  func restart() async throws {
    let database = try PostgresServer()
    defer { database.stop() }
    try await waiting(on: database) { replicas, callbackURL in
      try database.down()
      for _ in replicas {
        #expect(try await Requests.callBack(callbackURL, delivered, key: CountingServer.key) == 503)
      }
      // Also one that got no callback says so.
      for replica in replicas { try await said("can't be read", by: replica) }
      try database.up("-c listen_addresses= -c unix_socket_directories=\(database.folder)")
      // The callbacks come again, as from any sender that got a 503.
      await server.callBack("incident")
      for replica in replicas {
        try await said("can be read again", by: replica)
        #expect(replica.now.errors.filter { $0.contains("the store can't be read") }.count == 1)
      }
    }
  }

  @Test("A replica that is stopped while its callback is stored delays no other, and continues afterwards")
  func stoppedInAppend() async throws {
    let database = try PostgresServer()
    defer { database.stop() }
    try await waiting(on: database) { replicas, callbackURL in
      let path = try #require(URL(string: callbackURL)).path
      let urls = try await [replicas[0].listeningURL() + path, replicas[1].listeningURL() + path]
      try await SmoovenProcess.with(
        ["-qAt", database.url()],
        as: .other(database.program("psql")),
        hasInput: true
      ) { psql in
        psql.write(Array("BEGIN; LOCK TABLE \"\(schema)\".event IN EXCLUSIVE MODE; SELECT 'locked';\n".utf8))
        _ = try await psql.output(count: 1)
        async let first = Requests.callBack(urls[0], delivered, key: CountingServer.key)
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        try await eventually {
          let known = psql.now.output.count
          psql.write(Array("\(waits);\n".utf8))
          return try await psql.output(count: known + 1).last == "1" ? () : nil
        }
        replicas[0].signal(SIGSTOP)
        psql.write(Array("COMMIT; SELECT 'released';\n".utf8))
        try await psql.first { $0.output.last == "released" ? () : nil }
        #expect(try await Requests.callBack(urls[1], delivered, key: CountingServer.key) == 200)
        replicas[0].signal(SIGCONT)
        #expect(try await first == 200)
      }
      let store = try await PostgresDeliveryStore(
        configuration: PostgresStoreConfiguration(url: database.url(), schema: schema)
      )
      #expect(try await store.page(after: .beginning, limit: 10).count == 1)
      await store.close()
    }
  }
}
#endif
