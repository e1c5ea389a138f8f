#if PostgresSupport
import Smooven
import TestSupport
import Testing

@testable import SmoovenPostgres

@Suite("PostgreSQL: plans", .enabled(if: PostgresServer.isAvailable), .timeLimit(.minutes(2)))
struct PlanTests {
  private static let count = 4_000

  @Test("No call reads a table from its beginning, however many rows there are")
  func byIndex() async throws {
    let server = try PostgresServer.shared.get()
    let store = try await PostgresDeliveryStore(server)
    let numbers = 0..<Self.count
    for first in stride(from: 0, to: Self.count, by: 500) {
      _ = try await store.append((first..<first + 500).map { callback("\($0)", ids: ["ntf_\($0)"]) })
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in first..<first + 500 {
          group.addTask { try await store.insertNew(delivery("k\(number)")) }
        }
        try await group.waitForAll()
      }
    }
    for number in numbers.prefix(100) {
      // New, and known.
      _ = try await store.append([callback("new \(number)"), callback("\(number)")])
      var row = try #require(try await store.load(.idempotencyKey("k\(number)")))
      let lookup = CallbackLookup(group: "smooven", ids: ["ntf_\(number)"])
      #expect(try await store.callbacks(matching: lookup, after: .beginning, limit: 10).count == 1)
      row.delivery.label = "changed"
      #expect(try await store.replace(row.delivery, version: row.version) != nil)
      if number.isMultiple(of: 10) {
        try await store.remove(row.delivery.token, version: row.version + 1)
        #expect(try await store.pending(after: nil, limit: 10).count == 10)
        #expect(try await store.page(after: .beginning, limit: 10).count == 10)
      }
    }
    await store.close()
    // The server counts what a connection read at its end.
    let read = { (column: String) in
      let rows = try server.sql(
        "SELECT relname::text, \(column) FROM pg_stat_user_tables WHERE schemaname = $1 AND relname <> 'migration'",
        [.text(store.configuration.schema)]
      )
      return rows.reduce(into: [String: Int64]()) { $0[$1.text(0) ?? ""] = $1.integer(1) }
    }
    try await until { try read("n_tup_ins")["event"] == Int64(Self.count + 100) }
    let counts = try read("seq_tup_read")
    #expect(counts.values.allSatisfy { $0 < Self.count / 10 }, "\(counts)")
  }
}
#endif
