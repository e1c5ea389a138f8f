#if PostgresSupport
import Foundation
import Smooven
import SmoovenCallbacks
import TestSupport
import Testing

@testable import SmoovenPostgres

/// A wait that begins while its callback is stored, in every order of their steps.
@Suite("PostgreSQL: commit, then look", .enabled(if: PostgresServer.isAvailable), .timeLimit(.minutes(2)))
struct InterleavingTests {
  /// One of the two, each of which has a connection and three steps: write, commit, look.
  private final class Side {
    private let connection: LibPQ
    private let steps: [[Statement]]
    private var next = 0
    private(set) var seen: PostgresRows = .none

    init(_ server: PostgresServer, write: [Statement], look: Statement) throws {
      connection = try LibPQ(try PostgresAddress(server.url()))
      steps = [write, [Statement("COMMIT")], [look]]
    }

    func step() throws {
      defer { next += 1 }
      for result in try connection.pipeline(steps[next], until: .now.advanced(by: .seconds(10))) {
        seen = try result.get()
      }
    }
  }

  /// All orders of three steps of one and three of the other.
  private static let orders = (0..<64).filter { $0.nonzeroBitCount == 3 }

  @Test("One of the two sees the other, in each of the 20 orders", arguments: orders)
  func oneSeesTheOther(_ order: Int) async throws {
    let server = try PostgresServer.shared.get()
    let store = try await PostgresDeliveryStore(server)
    let (tables, waiter, receiver) = (store.tables, store.replica, ReplicaID())
    let token = DeliveryToken()
    let record = EventRecord(callback("1", token: token))
    let keys = LookupKey.keys(CallbackLookup(group: "smooven", token: token))
    let waiting = WriteBatch([.watch(Array(keys))], tables: tables, replica: waiter)
    let receiving = WriteBatch(
      [.append([AppendRecord(record, keptFrom: 0)])],
      tables: tables,
      replica: receiver
    )
    let commit = try #require(receiving.statements.firstIndex { $0.sql == "COMMIT" })
    let sides = [
      try Side(
        server,
        write: waiting.statements.dropLast(),
        look: Statement(
          "SELECT position FROM \(tables("event_key")) WHERE key = ANY ($1)",
          [.integers(Array(keys))]
        )
      ),
      try Side(
        server,
        write: Array(receiving.statements[..<commit]),
        look: receiving.statements[commit + 1]
      ),
    ]
    #expect(waiting.statements.last?.sql == "COMMIT")
    for bit in 0..<6 { try sides[order >> bit & 1].step() }
    let isFound = !sides[0].seen.isEmpty
    let isNotified = sides[1].seen.contains { $0.bytes(1) == waiter.bytes }
    #expect(isFound || isNotified)
    await store.close()
  }
}
#endif
