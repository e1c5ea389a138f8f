#if PostgresSupport
import Foundation
import Smooven
import TestSupport
import Testing

@testable import SmoovenPostgres

@Suite(
  "PostgreSQL: forgetting",
  .serialized,
  .enabled(if: PostgresServer.isAvailable),
  .timeLimit(.minutes(2))
)
struct MaintenanceTests {
  private let server: PostgresServer
  private let store: PostgresDeliveryStore

  init() async throws {
    server = try PostgresServer.shared.get()
    store = try await PostgresDeliveryStore(server, isDriven: false)
    // So that it knows a time.
    _ = try await store.append([callback("now")])
  }

  private func count(_ table: String) throws -> Int64 {
    try server.sql("SELECT count(*) FROM \(store.tables(table))").first?.integer(0) ?? 0
  }

  /// As if all had been stored long ago.
  private func age() throws {
    for (table, columns) in [
      ("event", ["received_at", "kept_from"]), ("delivery", ["kept_from"]), ("seen", ["at"]),
    ] {
      let list = columns.map { "\($0) = \($0) - 1e8" }.joined(separator: ", ")
      try server.sql("UPDATE \(store.tables(table)) SET \(list)")
    }
  }

  @Test("A step removes a bounded number of everything, until there is no more")
  func bounded() async throws {
    for endpoint in 0..<3 {
      let callbacks = (0..<500).map { number in
        var event = callback("\(number)").event
        event.endpoint = "e\(endpoint)"
        return StoredCallback(event, receivedAt: start)
      }
      _ = try await store.append(callbacks)
    }
    try age()
    try server.sql(
      """
      INSERT INTO \(store.tables("removal")) (changed, token, token_key, removed_at)
      SELECT n, decode(lpad(n::text, 32, '0'), 'hex'), n, now() - interval '1 day' FROM generate_series(1, 2500) AS n
      """
    )
    let tables = ["event", "seen", "removal"]
    var last = try tables.map(count)
    #expect(last == [1_501, 1_501, 2_500])
    for _ in 0..<10 where last.max() != 0 {
      await store.maintenance.step(store.writer)
      let now = try tables.map(count)
      for (before, after) in zip(last, now) {
        #expect(before - after == min(before, Int64(StoreMaintenance.stepSize)))
      }
      last = now
    }
    #expect(last == [0, 0, 0])
    #expect(try await store.usage()?.callbacks == 0)
    // Nothing is left of an endpoint that is no longer used.
    #expect(try count("ring") == 0)
    await store.close()
  }

  @Test("Old removals are found by an index")
  func index() async throws {
    try server.sql(
      """
      INSERT INTO \(store.tables("removal")) (changed, token, token_key, removed_at)
      SELECT n, decode(lpad(n::text, 32, '0'), 'hex'), n, now() - (n % 1000 = 0)::int * interval '1 day'
      FROM generate_series(1, 20000) AS n
      """
    )
    try server.sql("ANALYZE \(store.tables("removal"))")
    let statement = store.maintenance.forgettingRemovals
    let plan = try server.sql("EXPLAIN " + statement.sql, statement.parameters).compactMap { $0.text(0) }
    #expect(plan.contains { $0.contains("Index Scan using removal_time") }, "\(plan)")
    await store.close()
  }

  @Test(
    "While a writer is in a transaction, everything that doesn't need its locks is still forgotten"
  )
  func writerInTheMiddle() async throws {
    let row = try await store.insertNew(delivery("old"))
    try age()
    let writer = LibPQTransaction(
      try LibPQ(try PostgresAddress(server.url())),
      until: .now.advanced(by: .seconds(60))
    )
    try writer.begin(lockTimeout: .seconds(1))
    _ = try writer.run("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
    _ = try writer.run("SELECT pg_advisory_xact_lock_shared($1)", [.integer(store.tables.keysLock)])
    await store.maintenance.step(store.writer)
    #expect(try [count("delivery"), count("event"), count("seen")] == [0, 0, 1])
    // The writer waits for nothing that the step has locked.
    _ = try writer.run(
      "SELECT 1 FROM \(store.tables("delivery")) WHERE token = $1 FOR UPDATE",
      [.bytes(row.delivery.token.bytes)]
    )
    try writer.commit()
    // It's tried again without waiting for a minute to pass.
    await store.maintenance.step(store.writer)
    #expect(try count("seen") == 0)
    await store.close()
  }
}
#endif
