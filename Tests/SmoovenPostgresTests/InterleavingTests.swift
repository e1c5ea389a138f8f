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

  /// What is written while another replica begins to wait for it.
  enum Change: CaseIterable {
    /// A callback that carries the token of a delivery.
    case callbackByToken
    /// A callback that is found by the ID that the service reported when it accepted the notification.
    case callbackByID
    /// A delivery that its owner replaces.
    case delivery
  }

  @Test("One of the two sees the other, in each of the 20 orders", arguments: Change.allCases, orders)
  func oneSeesTheOther(_ change: Change, _ order: Int) async throws {
    let server = try PostgresServer.shared.get()
    let store = try await PostgresDeliveryStore(server, isDriven: false)
    let (tables, waiter, writer) = (store.tables, store.replica, ReplicaID())
    let row = try await store.insertNew(delivery("key"))
    let token = row.delivery.token
    let keys: [Int64]
    let write: WriteOperation
    let look: String
    switch change {
    case .callbackByToken, .callbackByID:
      let isByID = change == .callbackByID
      let id = "ntf_\(token.text)"
      let lookup = CallbackLookup(group: "smooven", token: isByID ? nil : token, ids: isByID ? [id] : [])
      keys = Array(LookupKey.keys(lookup))
      let record = EventRecord(callback("1", ids: isByID ? [id] : [], token: isByID ? nil : token))
      write = .append([AppendRecord(record, keptFrom: 0)])
      look = "SELECT position FROM \(tables("event_key")) WHERE key = ANY ($1)"
    case .delivery:
      var changed = row.delivery
      changed.label = "changed"
      let record = try DeliveryRecord(changed)
      keys = [record.tokenKey]
      write = .replace(record, version: row.version)
      look =
        "SELECT version FROM \(tables("delivery")) WHERE version > \(row.version) AND $1::int8[] IS NOT NULL"
    }
    let waiting = WriteBatch([.watch(keys)], tables: tables, replica: waiter)
    let writing = WriteBatch([write], tables: tables, replica: writer)
    let commit = try #require(writing.statements.firstIndex { $0.sql == "COMMIT" })
    let sides = [
      try Side(server, write: waiting.statements.dropLast(), look: Statement(look, [.integers(keys)])),
      try Side(server, write: Array(writing.statements[..<commit]), look: writing.statements[commit + 1]),
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
