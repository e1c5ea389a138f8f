#if SQLiteSupport
import Foundation
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: deliveries", .timeLimit(.minutes(5)))
struct DeliveryTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open() async throws -> SQLiteDeliveryStore {
    try await SQLiteDeliveryStore(path: folder.file())
  }

  @Test("A key and a token are inserted once, and the row that has them is returned")
  func insertion() async throws {
    let store = try await open()
    let first = delivery("key")
    guard case .inserted = try await store.insert(first) else {
      Issue.record("the key is new")
      return
    }
    for other in [delivery("key"), delivery("other key", token: first.token), first] {
      guard case .existing(let row) = try await store.insert(other) else {
        Issue.record("the key or the token exists")
        continue
      }
      #expect(row.delivery == first && row.version == 1)
    }
    guard case .inserted = try await store.insert(delivery()),
      case .inserted = try await store.insert(delivery())
    else {
      Issue.record("deliveries without a key have nothing in common")
      return
    }
    #expect(try await store.usage()?.deliveries == 3)
  }

  @Test("If many replace the same version, one succeeds, over two stores with one file")
  func replacing() async throws {
    let stores = [try await open(), try await open()]
    let first = delivery("key")
    _ = try await stores[0].insert(first)
    for round in Int64(1)...20 {
      let versions = await withTaskGroup(of: Int64?.self) { group in
        for number in 0..<20 {
          group.addTask {
            var changed = first
            changed.label = "\(round) \(number)"
            return try? await stores[number % 2].replace(changed, version: round)
          }
        }
        return await group.reduce(into: [Int64]()) { if let version = $1 { $0.append(version) } }
      }
      #expect(versions == [round + 1])
    }
    #expect(try await stores[1].replace(first, version: 1) == nil)
    #expect(try await stores[1].replace(delivery(), version: 1) == nil)
  }

  @Test("A delivery is removed only if its version is unchanged, and its key and ids with it")
  func removal() async throws {
    let store = try await open()
    let first = delivery("key", ids: ["ntf_1"])
    _ = try await store.insert(first)
    #expect(try await store.replace(first, version: 1) == 2)
    try await store.remove(first.token, version: 1)
    #expect(try await store.row(first.token) != nil)
    try await store.remove(first.token, version: 2)
    #expect(try await store.row(first.token) == nil)
    #expect(try await store.load(.id("ntf_1", group: "smooven")) == nil)
    guard case .inserted = try await store.insert(delivery("key")) else {
      Issue.record("the key is free again")
      return
    }
    #expect(try await store.usage()?.deliveries == 1)
  }

  @Test("An id leads to the latest delivery of its group")
  func ids() async throws {
    let store = try await open()
    let first = delivery(after: 0, ids: ["ntf_1", "ntf_2"])
    let second = delivery(after: 1, ids: ["ntf_1"])
    _ = try await store.insert(first)
    _ = try await store.insert(second)
    #expect(try await store.load(.id("ntf_1", group: "smooven"))?.delivery == second)
    #expect(try await store.load(.id("ntf_2", group: "smooven"))?.delivery == first)
    #expect(try await store.load(.id("ntf_2", group: "partner")) == nil)
    #expect(try await store.load(.id("ntf_3", group: "smooven")) == nil)
  }

  @Test("Pages of pending deliveries contain each once, sorted by opening and token")
  func pending() async throws {
    let store = try await open()
    var expected: [StoredDelivery] = []
    for number in 0..<95 {
      // Five are opened at the same time, and some before all others.
      var next = delivery("\(number)", after: Double(number / 5) - 3)
      if number % 7 == 0 { next.verdict = .delivered(event(number, kind: .delivered)) }
      _ = try await store.insert(next)
      if next.isPending { expected.append(next) }
    }
    var found: [StoredDelivery] = []
    while true {
      let page = try await store.pending(after: found.last.map(PendingCursor.init), limit: 7)
      found += page.map(\.delivery)
      if page.count < 7 { break }
    }
    #expect(found == expected.sorted { PendingCursor($0) < PendingCursor($1) })
    #expect(try await store.pending(after: nil, limit: 0).isEmpty)
    var concluded = expected[0]
    concluded.verdict = .delivered(event(1, kind: .delivered))
    _ = try await store.replace(concluded, version: 1)
    #expect(try await store.pending(after: nil, limit: 100).count == expected.count - 1)
  }

  @Test("Rows have the time of the machine's clock, which all stores on the machine share")
  func time() async throws {
    let machine = MachineClock()
    let store = try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(),
      clock: machine.clock
    )
    _ = try await store.insert(delivery("key"))
    let before = try await store.time()
    machine.advance(by: .seconds(5))
    let row = try #require(try await store.load(.idempotencyKey("key")))
    #expect(row.time == before.advanced(by: .seconds(5)))
    machine.restart()
    #expect(before.hasPassed(at: try await store.time()))
    let (first, second) = (try await open(), try await open())
    let (earlier, later) = (try await first.time(), try await second.time())
    #expect(earlier.epoch == later.epoch && earlier.epoch != "unknown")
    #expect(earlier.hasPassed(at: later))
  }
}
#endif
