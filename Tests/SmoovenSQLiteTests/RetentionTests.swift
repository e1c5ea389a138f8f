#if SQLiteSupport
import Foundation
import GRDB
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: retention", .timeLimit(.minutes(5)))
struct RetentionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ configuration: SQLiteStoreConfiguration) async throws -> SQLiteDeliveryStore {
    try await SQLiteDeliveryStore(path: folder.file(), configuration: configuration)
  }

  @Test("A captured request changes nothing after minutes, hours and restarts")
  func replay() async throws {
    var store = try await open(SQLiteStoreConfiguration())
    #expect(try await store.append(event(1), token: nil, at: start) == .stored)
    for hours in [0.1, 1, 12, 24] {
      let now = start.addingTimeInterval(hours * 3_600)
      #expect(try await store.append(event(1), token: nil, at: now) == .duplicate)
      try await store.prune(before: now)
      await store.close()
      store = try await open(SQLiteStoreConfiguration())
      #expect(try await store.append(event(1), token: nil, at: now) == .duplicate)
    }
    #expect(try await store.page(after: .beginning, limit: 10).count == 1)
  }

  @Test("A full store says so until the oldest event is past the retention, and forgets none early")
  func full() async throws {
    let configuration = SQLiteStoreConfiguration(retention: .seconds(100), capacity: 2)
    var store = try await open(configuration)
    func append(_ number: Int, after seconds: Double) async throws -> DeliveryAppend {
      try await store.append(event(number), token: nil, at: start.addingTimeInterval(seconds))
    }
    #expect(try await append(1, after: 0) == .stored)
    #expect(try await append(2, after: 50) == .stored)
    await store.close()
    store = try await open(configuration)
    let error = await #expect(throws: DeliveryStoreError.self) { _ = try await append(3, after: 99) }
    #expect(error?.code == .full)
    #expect(try await append(1, after: 99) == .duplicate)
    #expect(try await append(3, after: 101) == .stored)
    #expect(try await append(2, after: 101) == .duplicate)
  }

  @Test("Under a steady stream the file stops growing, and nothing young is lost")
  func growth() async throws {
    let store = try await open(SQLiteStoreConfiguration(retention: .seconds(600), durability: .normal))
    let body = String(repeating: "x", count: 2_000)
    var sizes: [Int64] = []
    let count = 10_000
    for number in 0..<count {
      // One event a second: 600 are within the retention.
      let now = start.addingTimeInterval(Double(number))
      _ = try await store.append(event(number, body: body), token: nil, at: now)
      if number % 1_000 == 999 { sizes.append(try await pages(of: store)) }
    }
    #expect((sizes.last ?? .max) <= sizes[1] * 2, "\(sizes)")
    let kept = try await store.page(after: .beginning, limit: count)
    #expect((600..<800).contains(kept.count), "\(kept.count)")
    #expect(kept.last?.cursor.rawValue == Int64(count))
  }

  @Test("After a burst the file shrinks again, in steps")
  func shrinking() async throws {
    let store = try await open(SQLiteStoreConfiguration(retention: .seconds(600), durability: .normal))
    let body = String(repeating: "x", count: 2_000)
    await withTaskGroup { group in
      for number in 0..<5_000 {
        group.addTask { _ = try? await store.append(event(number, body: body), token: nil, at: start) }
      }
    }
    let large = try await pages(of: store)
    for number in 0..<100 {
      let now = start.addingTimeInterval(1_000 + Double(number) * 61)
      _ = try await store.append(event(10_000 + number), token: nil, at: now)
    }
    let small = try await pages(of: store)
    #expect(small < large / 3, "\(large) to \(small) pages")
  }

  @Test("A delivery and its key are kept for their own retention")
  func deliveries() async throws {
    let store = try await open(
      SQLiteStoreConfiguration(retention: .seconds(100), deliveryRetention: .seconds(10_000))
    )
    _ = try await store.open(delivery("old"))
    _ = try await store.append(event(1), token: nil, at: start.addingTimeInterval(9_000))
    #expect(try await store.open(delivery("old", after: 9_000)) != nil)
    _ = try await store.append(event(2), token: nil, at: start.addingTimeInterval(10_100))
    // Removed after the append, so asked behind it.
    try await store.advance("order", to: .beginning)
    #expect(try await store.open(delivery("old", after: 10_100)) == nil)
  }

  @Test("Pruning goes in steps, and says how much it removed")
  func pruning() async throws {
    let store = try await open(SQLiteStoreConfiguration(retention: .seconds(50), durability: .normal))
    await withTaskGroup { group in
      for number in 0..<2_500 {
        group.addTask { _ = try? await store.append(event(number), token: nil, at: start) }
      }
    }
    for number in 0..<10 {
      let delivery = SmoovenSQLiteTests.delivery("\(number)")
      _ = try await store.open(delivery)
      try await store.settle(delivery.token, outcome: .timedOut(lastKnown: .sent))
    }
    #expect(try await store.prune(before: start.addingTimeInterval(10)) == 10)
    _ = try await store.append(event(-1), token: nil, at: start.addingTimeInterval(55))
    let removed = try await store.prune(before: start.addingTimeInterval(10))
    // The append may have removed the first step itself.
    #expect((1_500...2_500).contains(removed))
    #expect(try await store.page(after: .beginning, limit: 10).map(\.event) == [event(-1)])
  }

  private func pages(of store: SQLiteDeliveryStore) async throws -> Int64 {
    try await store.read { db in try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0 }
  }
}
#endif
