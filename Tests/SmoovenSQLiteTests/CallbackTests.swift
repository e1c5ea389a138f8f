#if SQLiteSupport
import Foundation
import GRDB
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: looking up callbacks", .timeLimit(.minutes(5)))
struct CallbackTests {
  private let store: SQLiteDeliveryStore
  private let folder: TemporaryFolder

  init() async throws {
    folder = try TemporaryFolder()
    store = try await SQLiteDeliveryStore(path: folder.file())
  }

  private func numbers(_ lookup: CallbackLookup, after: Int64 = 0, limit: Int = 100) async throws -> [Int64] {
    try await store.callbacks(matching: lookup, after: EventCursor(rawValue: after), limit: limit)
      .map(\.cursor.rawValue)
  }

  @Test("Callbacks are found by token, by any id and by conversation, within their group, each once")
  func lookups() async throws {
    let token = DeliveryToken()
    var conversation = event(3, ids: ["ntf_3"])
    conversation.conversationIDs = ["thread"]
    var partner = event(4, ids: ["ntf_1"])
    partner.group = "partner"
    partner.endpoint = "partner"
    try await store.append(event(1, ids: ["ntf_1", "ntf_2"]), token: token)
    try await store.append(event(2, ids: []), token: token)
    try await store.append(conversation)
    try await store.append(partner, token: token)
    try await store.append(event(5, ids: ["ntf_2"]), token: DeliveryToken())
    #expect(try await numbers(CallbackLookup(group: "smooven", token: token)) == [1, 2])
    #expect(try await numbers(CallbackLookup(group: "smooven", ids: ["ntf_2"])) == [1, 5])
    #expect(
      try await numbers(CallbackLookup(group: "smooven", token: token, ids: ["ntf_1", "ntf_2"])) == [1, 2, 5]
    )
    #expect(try await numbers(CallbackLookup(group: "smooven", ids: ["thread", "ntf_3"])) == [3])
    #expect(try await numbers(CallbackLookup(group: "partner", token: token, ids: ["ntf_1"])) == [4])
    #expect(try await numbers(CallbackLookup(group: "smooven")).isEmpty)
    #expect(try await numbers(CallbackLookup(group: "smooven", token: DeliveryToken(), ids: ["ntf"])).isEmpty)
  }

  @Test("Pages of a lookup contain each callback once and in order")
  func pages() async throws {
    let token = DeliveryToken()
    for number in 0..<100 {
      try await store.append(event(number, ids: ["id-\(number % 3)"]), token: number % 2 == 0 ? token : nil)
    }
    let lookup = CallbackLookup(group: "smooven", token: token, ids: ["id-1"])
    let expected = (Int64(1)...100).filter { $0 % 2 == 1 || $0 % 3 == 2 }
    var found: [Int64] = []
    while true {
      let page = try await numbers(lookup, after: found.last ?? 0, limit: 9)
      found += page
      if page.count < 9 { break }
    }
    #expect(found == expected)
    #expect(try await numbers(lookup, limit: 0).isEmpty)
  }

  @Test("Callbacks that the index returns by mistake are left out, across pages as well")
  func collisions() async throws {
    for number in 0..<30 { try await store.append(event(number, ids: ["ntf_a"])) }
    try await store.append(event(30, ids: ["ntf_b"]))
    // As if both ids had the same hash.
    let key = LookupKey.id("ntf_b", group: "smooven")
    try await store.writes.perform { transaction in
      for id in Int64(1)...31 { try EventIndex.insert([key], event: id, transaction.db) }
    }
    #expect(try await numbers(CallbackLookup(group: "smooven", ids: ["ntf_b"]), limit: 3) == [31])
    #expect(try await numbers(CallbackLookup(group: "smooven", ids: ["ntf_a"]), limit: 3) == [1, 2, 3])
  }

  @Test("Callbacks are found in the whole log, and its index shrinks with it")
  func longLog() async throws {
    let size = 40_000
    for batch in 0..<8 {
      try await store.append(
        together: (0..<size / 8).map { number in
          let number = batch * (size / 8) + number
          return event(number, ids: ["ntf_\(number)", "id-\(number % 10_000)"])
        },
        after: Double(batch)
      )
    }
    func entries() async throws -> Int64? {
      try await store.read { db in try db.row("SELECT count(*) FROM event_key")?.integer(0) }
    }
    #expect(try await entries() == 80_000)
    let expected: [Int64] = [18, 10_018, 20_018, 30_018]
    let lookup = CallbackLookup(group: "smooven", ids: ["id-17"])
    #expect(try await numbers(lookup) == expected)
    #expect(try await numbers(lookup, after: 18, limit: 2) == [10_018, 20_018])
    #expect(try await numbers(lookup, after: 30_017) == [30_018])
    #expect(
      try await numbers(CallbackLookup(group: "smooven", ids: ["ntf_16383", "ntf_16384"])) == [
        16_384, 16_385,
      ]
    )
    try await store.prune(before: start.addingTimeInterval(5))
    #expect(try await numbers(lookup) == [30_018])
    // The first bucket of 16,383 is gone as a whole.
    #expect(try await entries() == 2 * (40_000 - 16_383))
    try await store.prune(before: start.addingTimeInterval(100))
    #expect(try await numbers(lookup).isEmpty)
    #expect(try await entries() == 2 * (40_000 - 32_767))
  }

  @Test("Callbacks appended together get one result each, and are stored all or none")
  func together() async throws {
    let callbacks = [1, 2, 1, 3].map { StoredCallback(event($0), receivedAt: start) }
    #expect(try await store.append(callbacks) == [.stored, .stored, .duplicate, .stored])
    #expect(try await store.append([StoredCallback]()).isEmpty)
    #expect(try await store.all().map(\.event) == [event(1), event(2), event(3)])
    #expect(try await store.usage()?.callbacks == 3)
    #expect(try await store.usage()?.keys["smooven"]?.count == 3)
  }
}
#endif
