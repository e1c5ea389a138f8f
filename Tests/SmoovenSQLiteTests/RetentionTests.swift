#if SQLiteSupport
import Foundation
import GRDB
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: retention", .timeLimit(.minutes(5)))
struct RetentionTests {
  private let folder: TemporaryFolder
  private let machine = MachineClock()

  init() throws { folder = try TemporaryFolder() }

  private func open(_ configuration: SQLiteStoreConfiguration = .init()) async throws -> SQLiteDeliveryStore {
    try await SQLiteDeliveryStore(path: folder.file(), configuration: configuration, clock: machine.clock)
  }

  /// Advances the wall clock and the machine clock together, a minute at a time, with a write in each step.
  private func pass(
    _ minutes: Int,
    from seconds: Double = 0,
    _ store: SQLiteDeliveryStore
  ) async throws -> Double {
    var now = seconds
    for minute in 0..<minutes {
      machine.advance(by: .seconds(60))
      now += 60
      try await store.append(event(1_000_000 + Int(now) + minute), after: now)
      try await settle(store)
    }
    return now
  }

  /// Returns when the removals after earlier writes are done.
  private func settle(_ store: SQLiteDeliveryStore) async throws {
    // The writer's queue is serial, and the removals are the last part of the work on it.
    try await store.connections.writer.writeWithoutTransaction { _ in }
  }

  @Test("A captured request has no effect after minutes, hours and restarts")
  func replay() async throws {
    var store = try await open()
    #expect(try await store.append(event(1)) == .stored)
    for hours in [0.1, 1, 12, 24, 26] {
      machine.advance(by: .seconds(3_600))
      #expect(try await store.append(event(1), after: hours * 3_600) == .duplicate)
      await store.close()
      store = try await open()
      #expect(try await store.append(event(1), after: hours * 3_600) == .duplicate)
    }
    #expect(try await store.all().count == 1)
  }

  @Test("By default callbacks are kept for 2 h longer than they count as fresh")
  func defaults() async throws {
    let store = try await open()
    #expect(store.deduplicationRetention >= .seconds(86_400 + 300 + 7_200))
    #expect(store.deduplicationRetention == SQLiteStoreConfiguration().retention)
  }

  @Test("Callbacks are removed when they are past the retention, and not before")
  func callbacks() async throws {
    let store = try await open(SQLiteStoreConfiguration(retention: .seconds(1_000)))
    try await store.append(event(1))
    var now = try await pass(16, store)
    #expect(try await store.callbacks("ntf_1").count == 1)
    now = try await pass(2, from: now, store)
    #expect(try await store.callbacks("ntf_1").isEmpty)
    #expect(try await store.usage()?.callbacks == 17)
  }

  @Test("A delivery past its retention is removed, pending or not, but never while a wait needs it")
  func deliveries() async throws {
    let store = try await open(
      SQLiteStoreConfiguration(retention: .seconds(100), deliveryRetention: .seconds(600))
    )
    var wanted = delivery("wanted", ids: ["ntf_1"])
    wanted.wantedUntil = start.addingTimeInterval(1_200)
    let plain = delivery("plain", ids: ["ntf_2"])
    _ = try await store.insert(wanted)
    _ = try await store.insert(plain)
    var now = try await pass(9, store)
    #expect(try await store.load(.idempotencyKey("plain")) != nil)
    now = try await pass(4, from: now, store)
    #expect(try await store.load(.idempotencyKey("plain")) == nil)
    #expect(try await store.load(.id("ntf_2", group: "smooven")) == nil)
    #expect(try await store.load(.idempotencyKey("wanted"))?.delivery == wanted)
    now = try await pass(9, from: now, store)
    #expect(try await store.load(.idempotencyKey("wanted")) == nil)
  }

  @Test("A delivery keeps the first event of each terminal kind when its callbacks are removed")
  func milestones() async throws {
    let store = try await open(SQLiteStoreConfiguration(retention: .seconds(100)))
    let first = delivery("key", ids: ["ntf_1"])
    let (delivered, clicked) = (
      event(2, kind: .delivered, ids: ["ntf_1"]), event(3, kind: .clicked, ids: ["ntf_1"])
    )
    var stranger = event(5, kind: .read, ids: ["ntf_1"])
    stranger.group = "partner"
    stranger.endpoint = "partner"
    _ = try await store.insert(first)
    try await store.append(event(1, kind: .queued, ids: ["ntf_1"]), token: first.token)
    // One by its id alone, one by token, one again, and one of another group.
    try await store.append(delivered)
    try await store.append(clicked, token: first.token)
    try await store.append(event(4, kind: .delivered, ids: ["ntf_1"]), token: first.token)
    try await store.append(stranger, token: first.token)
    _ = try await pass(3, store)
    #expect(try await store.callbacks("ntf_1").isEmpty)
    let row = try #require(try await store.row(first.token))
    #expect(row.delivery.milestones == [delivered, clicked])
    // A client that read the row before has to read it again.
    #expect(row.version > 1)
    #expect(try await store.replace(first, version: 1) == nil)
  }

  // MARK: Clocks that jump

  @Test(
    "A wall clock that jumps for one call deletes nothing, however far it jumps",
    arguments: [90_000.0, 3_456_000, 34_560_000, -90_000, -3_456_000]
  )
  func jump(_ seconds: Double) async throws {
    let store = try await open()
    let first = delivery("key")
    _ = try await store.insert(first)
    try await store.append(event(1, signedAfter: 0), token: first.token)
    machine.advance(by: .seconds(60))
    // A send and a callback by the wrong clock.
    _ = try await store.insert(delivery("other", after: seconds))
    try await store.append(event(2, signedAfter: seconds), after: seconds)
    machine.advance(by: .seconds(60))
    try await store.append(event(3, signedAfter: 120), after: 120)
    try await settle(store)
    #expect(try await store.append(event(1, signedAfter: 0), token: first.token, after: 120) == .duplicate)
    #expect(try await store.callbacks("ntf_1").count == 1)
    #expect(try await store.load(.idempotencyKey("key")) != nil)
    #expect(try await store.all().count == 3)
  }

  @Test(
    "A process whose wall clock is wrong deletes nothing, and neither does the next one",
    arguments: [90_000.0, 3_456_000, -3_456_000]
  )
  func wrongProcess(_ seconds: Double) async throws {
    var store = try await open()
    let first = delivery("key")
    _ = try await store.insert(first)
    try await store.append(event(1), token: first.token)
    await store.close()
    // Three processes, one at a time.
    for process in 0..<3 {
      machine.advance(by: .seconds(60))
      store = try await open()
      try await store.append(event(10 + process), after: seconds + Double(process))
      for minute in 1...10 {
        machine.advance(by: .seconds(60))
        try await store.append(event(100 * process + 100 + minute), after: seconds + Double(minute) * 60)
      }
      await store.close()
    }
    machine.restart()
    store = try await open()
    try await store.append(event(4), after: 1_800)
    try await settle(store)
    #expect(try await store.append(event(1), token: first.token, after: 1_800) == .duplicate)
    #expect(try await store.callbacks("ntf_1").count == 1)
    #expect(try await store.load(.idempotencyKey("key")) != nil)
  }

  @Test(
    "After a jump ahead, old rows are still removed, and rows by the wrong clock stay but block nothing"
  )
  func goesOn() async throws {
    let store = try await open(SQLiteStoreConfiguration(retention: .seconds(1_000)))
    try await store.append(event(1))
    try await store.append(event(2), after: 40 * 86_400)
    try await store.append(event(3), after: 1)
    _ = try await pass(20, from: 1, store)
    #expect(try await store.callbacks("ntf_1", "ntf_3").isEmpty)
    #expect(try await store.callbacks("ntf_2").count == 1)
  }

  @Test("A long pause isn't a jump, so old rows are removed some time after the restart")
  func pause() async throws {
    let configuration = SQLiteStoreConfiguration(retention: .seconds(1_000))
    var store = try await open(configuration)
    try await store.append(event(1))
    await store.close()
    machine.restart()
    store = try await open(configuration)
    _ = try await pass(60, from: 10 * 86_400, store)
    #expect(try await store.callbacks("ntf_1").isEmpty)
  }

  @Test("The wall clock of several processes on one file advances no faster than that of one")
  func severalProcesses() async throws {
    let stores = [try await open(), try await open(), try await open()]
    try await stores[0].append(event(0))
    for minute in 1...30 {
      machine.advance(by: .seconds(60))
      for (index, store) in stores.enumerated() {
        try await store.append(event(minute * 10 + index), after: 40 * 86_400)
      }
    }
    for store in stores { await store.close() }
    let store = try await open()
    // Each may start an hour ahead, and then advances four times as fast as the machine's clock.
    let reached = try #require(store.maintenance.reached)
    #expect(reached <= start.timeIntervalSinceReferenceDate + 3_600 + 4 * 1_800)
  }

  @Test("A process that is behind doesn't set the clock of the file back")
  func neverBack() async throws {
    let (ahead, behind) = (try await open(), try await open())
    try await ahead.append(event(0))
    try await behind.append(event(1))
    for minute in 1...10 {
      machine.advance(by: .seconds(60))
      try await ahead.append(event(10 + minute), after: 40 * 86_400)
    }
    try await behind.append(event(2), after: 600)
    await ahead.close()
    await behind.close()
    let reached = try #require(try await open().maintenance.reached)
    #expect(reached == start.timeIntervalSinceReferenceDate + 4 * 600)
  }

  // MARK: Pruning

  @Test("Pruning removes callbacks and concluded deliveries before a date, and says how many")
  func pruning() async throws {
    let store = try await open(SQLiteStoreConfiguration(durability: .normal))
    try await store.append(together: (0..<2_500).map { event($0) })
    var wanted = delivery("wanted")
    wanted.verdict = .delivered(event(1, kind: .delivered))
    wanted.wantedUntil = start.addingTimeInterval(1_000)
    _ = try await store.insert(wanted)
    _ = try await store.insert(delivery("pending"))
    for number in 0..<10 {
      var next = delivery("\(number)")
      next.verdict = .delivered(event(number, kind: .delivered))
      _ = try await store.insert(next)
    }
    try await store.append(event(-1), after: 50)
    #expect(try await store.prune(before: start) == 0)
    #expect(try await store.prune(before: start.addingTimeInterval(10)) == 2_510)
    #expect(try await store.all().map(\.event) == [event(-1)])
    #expect(try await store.usage()?.deliveries == 2)
    // No deduplication key was removed with them.
    #expect(try await store.append(event(7), after: 60) == .duplicate)
  }

  @Test("Under a steady stream, the file stops growing, and nothing recent is lost")
  func growth() async throws {
    let store = try await open(SQLiteStoreConfiguration(retention: .seconds(600), durability: .normal))
    let body = String(repeating: "x", count: 2_000)
    var sizes: [Int64] = []
    let count = 10_000
    for number in stride(from: 0, to: count, by: 10) {
      // One event a second, so 600 are within the retention.
      machine.advance(by: .seconds(10))
      let callbacks = (number..<number + 10).map { number in
        StoredCallback(event(number, body: body), receivedAt: start.addingTimeInterval(Double(number)))
      }
      _ = try await store.append(callbacks)
      if number % 1_000 == 990 { sizes.append(try await pages(of: store)) }
    }
    #expect((sizes.last ?? .max) <= sizes[1] * 2, "\(sizes)")
    let kept = try await store.all()
    #expect((600..<800).contains(kept.count), "\(kept.count)")
    #expect(kept.last?.cursor.rawValue == Int64(count))
  }

  @Test("After a burst, the file shrinks again, in steps")
  func shrinking() async throws {
    let store = try await open(SQLiteStoreConfiguration(retention: .seconds(600), durability: .normal))
    let body = String(repeating: "x", count: 2_000)
    try await store.append(together: (0..<5_000).map { event($0, body: body) })
    let large = try await pages(of: store)
    _ = try await pass(100, store)
    let small = try await pages(of: store)
    #expect(small < large / 3, "\(large) to \(small) pages")
  }

  private func pages(of store: SQLiteDeliveryStore) async throws -> Int64 {
    try await store.read { db in try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0 }
  }
}
#endif
