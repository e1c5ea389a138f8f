#if PostgresSupport
import Foundation
import InMemoryLogging
import Logging
import Smooven
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenPostgres

/// PgBouncer in transaction mode between the replicas and the database.
@Suite("PostgreSQL: a pooler", .enabled(if: Pooler.isAvailable), .timeLimit(.minutes(3)))
struct PoolerTests {
  private let server: PostgresServer

  init() throws { server = try PostgresServer.shared.get() }

  @Test("Everything works, and polling replaces LISTEN, with one warning")
  func alone() async throws {
    let pooler = try Pooler(server)
    defer { pooler.stop() }
    let schema = newSchema()
    let open = { (logs: InMemoryLogHandler) in
      var configuration = PostgresStoreConfiguration(url: pooler.url, schema: schema)
      configuration.pollInterval = .milliseconds(200)
      configuration.logger = Logger(label: "test") { _ in logs }
      return try await PostgresDeliveryStore(configuration: configuration)
    }
    // Each of them warns once, as soon as it listens: the waiter first.
    let (logs, others) = (InMemoryLogHandler(), InMemoryLogHandler())
    let (waiter, receiver) = (try await open(logs), try await open(others))
    let reports = DeliveryStoreReports()
    try await waiter.following(reports) {
      for number in 0..<5 {
        let token = DeliveryToken()
        try await waiter.wait(for: token, reports)
        let row = try await receiver.insertNew(delivery("\(number)"))
        #expect(try await receiver.replace(row.delivery, version: row.version) == 2)
        #expect(try await receiver.append([callback("\(number)", token: token)]) == [.stored])
        try await reports.key("\(number)")
      }
      try await until { logs.entries.contains { $0.level == .warning } }
    }
    #expect(logs.entries.count { $0.level == .warning } == 1)
    #expect(others.entries.count { $0.level == .warning } <= 1)
    #expect(logs.entries.first?.message.description.contains("listen_url") == true)
    await waiter.close()
    await receiver.close()
  }

  @Test("With a listening address, nothing waits for the poll")
  func listening() async throws {
    let pooler = try Pooler(server)
    defer { pooler.stop() }
    let schema = newSchema()
    let open = {
      var configuration = PostgresStoreConfiguration(url: pooler.url, schema: schema, listenURL: server.url())
      configuration.pollInterval = .seconds(60)
      return try await PostgresDeliveryStore(configuration: configuration)
    }
    let (waiter, receiver) = (try await open(), try await open())
    let reports = DeliveryStoreReports()
    try await waiter.following(reports) {
      for number in 0..<20 {
        let token = DeliveryToken()
        try await waiter.wait(for: token, reports)
        _ = try await receiver.append([callback("\(number)", token: token)])
        try await reports.key("\(number)")
      }
    }
    await waiter.close()
    await receiver.close()
  }
}

/// A PgBouncer that runs until it's stopped, or until the process of the tests ends.
struct Pooler: Sendable {
  private static let program = "/usr/sbin/pgbouncer"

  static var isAvailable: Bool {
    guard PostgresServer.isAvailable else { return false }
    let isThere = FileManager.default.isExecutableFile(atPath: program)
    if !isThere {
      print("PgBouncer isn't installed, so the store isn't tested behind it: apt-get install pgbouncer")
    }
    return isThere || SystemProgram.isCI
  }

  let url: String
  private let script: ServerScript

  init(_ server: PostgresServer) throws {
    // Its own folder inside that of the server, where the server's owner may write.
    let folder = server.folder + "/p\(UInt32.random(in: .min ... .max))"
    let script = """
      mkdir \(folder)
      cat >\(folder)/ini <<END
      [databases]
      postgres = host=\(server.folder) user=postgres
      [pgbouncer]
      listen_port = 6432
      unix_socket_dir = \(folder)
      auth_type = any
      pool_mode = transaction
      default_pool_size = 5
      logfile = \(folder)/log
      END
      \(Self.program) \(folder)/ini >/dev/null 2>&1 &
      pid=$!
      for i in $(seq 200); do [ -S \(folder)/.s.PGSQL.6432 ] && break; sleep 0.05; done
      echo started
      cat >/dev/null
      kill $pid
      """
    self.script = try ServerScript(script)
    url = "postgresql:///postgres?host=\(folder)&port=6432&user=postgres"
  }

  func stop() { script.stop() }
}
#endif
