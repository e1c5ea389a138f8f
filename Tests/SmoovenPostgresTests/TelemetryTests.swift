#if PostgresSupport
import CoreMetrics
import MetricsTestKit
import Smooven
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenPostgres

@Suite("PostgreSQL: metrics", .enabled(if: PostgresServer.isAvailable), .timeLimit(.minutes(2)))
struct TelemetryTests {
  private let server: PostgresServer
  private let metrics = TestMetrics()

  init() throws { server = try PostgresServer.shared.get() }

  @Test(
    "The time until another replica reports a callback is recorded by how it learned of it",
    arguments: [true, false]
  )
  func wakes(usesNotifications: Bool) async throws {
    let schema = newSchema()
    let change = { (configuration: inout PostgresStoreConfiguration) in
      configuration.usesNotifications = usesNotifications
      configuration.pollInterval = usesNotifications ? .seconds(3_600) : .milliseconds(100)
    }
    let waiter = try await withMetricsFactory(metrics) {
      try await PostgresDeliveryStore(server, schema: schema, change)
    }
    let receiver = try await PostgresDeliveryStore(server, schema: schema, change)
    let reports = DeliveryStoreReports()
    let (this, other) = usesNotifications ? ("listen", "poll") : ("poll", "listen")
    // Its first poll is over, which is the only one if it listens.
    try await waiter.hub.work.first { $0.logChanges >= 2 ? () : nil }
    try await waiter.following(reports) {
      var number = 0
      // What is found while it connects is recorded as neither.
      try await until {
        number += 1
        let token = DeliveryToken()
        try await waiter.wait(for: token, reports)
        _ = try await receiver.append([callback("\(number)", token: token)])
        try await reports.key("\(number)")
        return try !metrics.expectTimer("smooven_store_wake_seconds", [("by", this)]).values.isEmpty
      }
    }
    #expect(try metrics.expectTimer("smooven_store_wake_seconds", [("by", other)]).values.isEmpty)
    await waiter.close()
    await receiver.close()
  }

  @Test("Every connection that is established again is counted, and the first ones aren't")
  func reconnects() async throws {
    let store = try await withMetricsFactory(metrics) {
      try await PostgresDeliveryStore(server, isDriven: false)
    }
    _ = try await store.append([callback("1")])
    let count = { try metrics.expectCounter("smooven_store_reconnects_total").totalValue }
    for (number, connection) in [store.reader, store.writer].enumerated() {
      let pid = try await connection.run { connection, deadline in
        try connection.run("SELECT pg_backend_pid()::int8", until: deadline).first?.integer(0)
      }
      #expect(try count() == Int64(number))
      try server.sql("SELECT pg_terminate_backend($1::int4)", [.integer(try #require(pid))])
      try await until {
        _ = try? await connection.run { connection, deadline in
          try connection.run("SELECT 1", until: deadline).count
        }
        return try count() == Int64(number) + 1
      }
    }
    await store.close()
  }
}
#endif
