#if SQLiteSupport
import Foundation
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: deduplication keys", .timeLimit(.minutes(5)))
struct DeduplicationTests {
  private let folder: TemporaryFolder
  private let machine = MachineClock()

  init() throws { folder = try TemporaryFolder() }

  private func open(
    capacity: Int = 10,
    window: Duration = .seconds(600),
    retention: Duration = .seconds(100_000)
  ) async throws -> SQLiteDeliveryStore {
    try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(
        retention: retention,
        capacity: capacity,
        minimumWindow: window,
        durability: .normal
      ),
      clock: machine.clock
    )
  }

  @Test("If an endpoint is full, the oldest by signed time are forgotten, and a floor survives restarts")
  func floor() async throws {
    var store = try await open()
    // Ten keys, one an hour, and not in order.
    for number in [3, 0, 1, 2, 9, 8, 7, 6, 5, 4] {
      #expect(try await store.append(event(number, signedAfter: Double(number) * 3_600)) == .stored)
    }
    #expect(try await store.append(event(10, signedAfter: 36_000)) == .stored)
    await store.close()
    store = try await open()
    #expect(try await store.usage()?.keys["smooven"]?.count == 10)
    #expect(try await store.usage()?.keys["smooven"]?.floor == start)
    // The replay of the forgotten one, and an event that is new but signed no later.
    #expect(try await store.append(event(0, signedAfter: 0)) == .tooOld)
    #expect(try await store.append(event(11, signedAfter: -1)) == .tooOld)
    #expect(try await store.append(event(1, signedAfter: 3_600)) == .duplicate)
    // No callback was removed with its key.
    #expect(try await store.all().count == 11)
    // One that is older than all others makes room by being forgotten itself.
    #expect(try await store.append(event(12, signedAfter: 1)) == .tooOld)
    #expect(try await store.append(event(13, signedAfter: 40_000)) == .stored)
    #expect(try await store.append(event(1, signedAfter: 3_600)) == .tooOld)
    #expect(try await store.usage()?.keys["smooven"]?.count == 10)
  }

  @Test("Within the minimum window, no key is forgotten: the store is full until time has passed")
  func minimumWindow() async throws {
    let store = try await open(capacity: 3)
    for number in 0..<3 {
      #expect(try await store.append(event(number, signedAfter: Double(number))) == .stored)
    }
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await store.append(event(3, signedAfter: 599))
    }
    #expect(error?.code == .full)
    #expect(error?.message.contains("raise the capacity") == true)
    #expect(try await store.append(event(0, signedAfter: 0)) == .duplicate)
    #expect(try await store.all().count == 3)
    #expect(try await store.append(event(4, signedAfter: 601)) == .stored)
    #expect(try await store.append(event(0, signedAfter: 0)) == .tooOld)
    #expect(try await store.append(event(1, signedAfter: 1)) == .duplicate)
  }

  @Test("A flood at one endpoint doesn't narrow the window of another")
  func endpoints() async throws {
    let store = try await open()
    for number in 0..<5 {
      #expect(try await store.append(event(number, signedAfter: Double(number))) == .stored)
    }
    for number in 0..<500 {
      var flood = event(number, signedAfter: Double(number) * 1_000)
      flood.endpoint = "partner"
      #expect(try await store.append(flood) == .stored)
    }
    for number in 0..<5 {
      #expect(try await store.append(event(number, signedAfter: Double(number))) == .duplicate)
    }
    let keys = try #require(try await store.usage()?.keys)
    #expect(keys["partner"]?.count == 10 && keys["partner"]?.floor == start.addingTimeInterval(489_000))
    #expect(keys["smooven"]?.count == 5 && keys["smooven"]?.floor == nil)
  }

  @Test("Many keys are removed at a time, and the count stays right")
  func steps() async throws {
    let store = try await open(capacity: 1_000, window: .zero)
    for batch in 0..<30 {
      let callbacks = (0..<100).map { number in
        let number = batch * 100 + number
        return StoredCallback(event(number, signedAfter: Double(number)), receivedAt: start)
      }
      #expect(try await store.append(callbacks).allSatisfy { $0 == .stored })
    }
    let count = try await store.read { db in try db.row("SELECT count(*) FROM seen")?.integer(0) }
    #expect(try await store.usage()?.keys["smooven"]?.count == count.map(Int.init))
    #expect((980...1_000).contains(count ?? 0))
    #expect(try await store.append(event(2_500, signedAfter: 2_500)) == .duplicate)
  }

  @Test("Keys without a signed time are removed by arrival, leave no floor, and take no room from others")
  func arrivals() async throws {
    let store = try await open(capacity: 3)
    for number in 0..<3 { #expect(try await store.append(event(number), after: Double(number)) == .stored) }
    #expect(try await store.append(event(10, signedAfter: 0)) == .stored)
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await store.append(event(3), after: 500)
    }
    #expect(error?.code == .full)
    #expect(try await store.append(event(3), after: 700) == .stored)
    #expect(try await store.append(event(2), after: 700) == .duplicate)
    #expect(try await store.append(event(0), after: 700) == .stored)
    #expect(try await store.usage()?.keys["smooven"]?.floor == nil)
  }

  @Test("A key that counts only for a short time may be used again afterwards")
  func brief() async throws {
    let store = try await open(capacity: 2)
    func append(_ number: Int, after seconds: Double) async throws -> AppendResult {
      let callback = StoredCallback(event(number), receivedAt: start.addingTimeInterval(seconds))
      return try await store.append([EventRecord(callback, window: .seconds(60))])[0]
    }
    #expect(try await append(1, after: 0) == .stored)
    #expect(try await append(1, after: 59) == .duplicate)
    #expect(try await append(1, after: 61) == .stored)
    #expect(try await append(1, after: 62) == .duplicate)
    #expect(try await append(2, after: 70) == .stored)
    await #expect(throws: DeliveryStoreError.self) { _ = try await append(3, after: 80) }
    #expect(try await append(3, after: 122) == .stored)
    #expect(try await store.all().count == 4)
  }

  @Test("If there is no room, everything that was appended together is rolled back")
  func fullTogether() async throws {
    let store = try await open(capacity: 3)
    #expect(try await store.append(event(0, signedAfter: 0)) == .stored)
    let callbacks = (1...5).map { StoredCallback(event($0, signedAfter: Double($0)), receivedAt: start) }
    await #expect(throws: DeliveryStoreError.self) { _ = try await store.append(callbacks) }
    #expect(try await store.all().count == 1)
    #expect(try await store.usage()?.keys["smooven"]?.count == 1)
    #expect(try await store.usage()?.callbacks == 1)
    #expect(try await store.append(Array(callbacks.prefix(2))) == [.stored, .stored])
  }

  @Test(
    "Keys past the retention are forgotten in time, with a floor, and so are endpoints that are used once"
  )
  func retention() async throws {
    let store = try await open(capacity: 1_000_000, retention: .seconds(1_000))
    for number in 0..<50 {
      var expected = event(number)
      expected.endpoint = "expected \(number)"
      #expect(try await store.append(expected) == .stored)
      #expect(try await store.append(event(number, signedAfter: Double(number))) == .stored)
    }
    for minutes in 1...20 {
      machine.advance(by: .seconds(60))
      let seconds = Double(minutes) * 60
      #expect(try await store.append(event(100 + minutes, signedAfter: seconds), after: seconds) == .stored)
    }
    // In order, after the last removal.
    try await store.advance("order", to: .beginning)
    let keys = try #require(try await store.usage()?.keys)
    #expect(Set(keys.keys) == ["smooven"])
    #expect(keys["smooven"]?.floor.map { $0 >= start.addingTimeInterval(49) } == true)
    #expect(try await store.append(event(7, signedAfter: 7), after: 1_200) == .tooOld)
  }
}
#endif
