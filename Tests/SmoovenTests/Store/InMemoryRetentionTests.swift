import Foundation
import SmoovenSupport
import Testing

@testable import Smooven

@Suite("In-memory store: retention", .timeLimit(.minutes(1)))
struct InMemoryRetentionTests {
  private static let start = Date(timeIntervalSinceReferenceDate: 800_000_000)
  private static let day = 86_400.0

  /// A store that keeps deliveries for 24 hours and keys for 26, and the clocks that it goes by.
  private struct Machine {
    let monotonic = Watched(Duration.zero)
    let store: InMemoryDeliveryStore

    init(capacity: Int = 1_000) {
      store = InMemoryDeliveryStore(
        capacity: capacity,
        retention: .seconds(26 * 3_600),
        deliveryRetention: .seconds(86_400),
        minimumWindow: .seconds(600),
        unclaimedEvents: 1_000,
        monotonic: { [monotonic] in monotonic.read { $0 } }
      )
    }

    func pass(_ seconds: Double) { monotonic.update { $0 += .seconds(seconds) } }
  }

  private func time(_ seconds: Double) -> Date { Self.start.addingTimeInterval(seconds) }

  private func delivery(_ key: String, after seconds: Double) -> StoredDelivery {
    StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: key,
      group: "smooven",
      openedAt: time(seconds)
    )
  }

  private func append(
    _ key: String,
    to machine: Machine,
    after seconds: Double,
    endpoint: String = "smooven"
  ) async throws -> AppendResult? {
    var event = event(.sent, key: key)
    event.signedAt = time(seconds)
    event.endpoint = endpoint
    return try await machine.store.append([StoredCallback(event, receivedAt: time(seconds))]).first
  }

  @Test("A wall clock that is 40 days ahead for a moment forgets nothing")
  func wallClockAhead() async throws {
    let machine = Machine()
    _ = try await machine.store.insert(delivery("a", after: 0))
    #expect(try await append("1", to: machine, after: 0) == .stored)
    for _ in 0..<3 {
      machine.pass(61)
      _ = try await machine.store.insert(delivery("ahead", after: 40 * Self.day))
    }
    machine.pass(61)
    #expect(try await append("1", to: machine, after: 250) == .duplicate)
    #expect(try await machine.store.load(.idempotencyKey("a")) != nil)
  }

  @Test("What is past its retention goes by itself, except what a wait still needs")
  func goesByItself() async throws {
    let machine = Machine()
    var wanted = delivery("wanted", after: 0)
    wanted.wantedUntil = time(3 * Self.day)
    for delivery in [delivery("a", after: 0), wanted] { _ = try await machine.store.insert(delivery) }
    #expect(try await append("1", to: machine, after: 0) == .stored)
    for hour in 1...36 {
      machine.pass(3_600)
      _ = try await machine.store.insert(delivery("hour \(hour)", after: Double(hour) * 3_600))
      let isKept = hour <= 24
      #expect((try await machine.store.load(.idempotencyKey("a")) != nil) == isKept, "hour \(hour)")
      #expect(try await machine.store.load(.idempotencyKey("wanted")) != nil)
    }
    #expect(try await append("1", to: machine, after: 0) == .tooOld)
    #expect(try await machine.store.usage()?.keys["smooven"]?.count == 0)
    #expect(try await machine.store.usage()?.deliveries == 26)
  }

  @Test(
    "A flood at one endpoint narrows no other endpoint's window, and the usage tells how far back it reaches"
  )
  func flood() async throws {
    let machine = Machine(capacity: 10)
    #expect(try await append("1", to: machine, after: 0, endpoint: "quiet") == .stored)
    for hour in 0..<30 {
      #expect(try await append("\(hour)", to: machine, after: Double(hour) * 3_600) == .stored)
    }
    #expect(try await append("1", to: machine, after: 0, endpoint: "quiet") == .duplicate)
    #expect(try await append("0", to: machine, after: 0) == .tooOld)
    let keys = try #require(await machine.store.usage()?.keys)
    #expect(keys["smooven"]?.count == 10 && keys["smooven"]?.capacity == 10)
    let floor = try #require(keys["smooven"]?.floor)
    #expect(floor >= time(19 * 3_600) && floor < time(20 * 3_600))
    #expect(keys["quiet"]?.count == 1 && keys["quiet"]?.floor == nil)
  }

  @Test("A store without room in the minimum window says so, and still recognizes duplicates")
  func full() async throws {
    let machine = Machine(capacity: 2)
    for number in 1...2 {
      #expect(try await append("\(number)", to: machine, after: Double(number)) == .stored)
    }
    let error = await #expect(throws: DeliveryStoreError.self) {
      _ = try await append("3", to: machine, after: 3)
    }
    #expect(error?.code == .full)
    #expect(try await append("1", to: machine, after: 4) == .duplicate)
  }

  @Test("Of callbacks without a delivery the latest are kept, for one that may come")
  func unclaimed() async throws {
    let store = InMemoryDeliveryStore(unclaimedEvents: 2)
    let events = (1...3).map { StoredCallback(event(.sent, key: "\($0)"), receivedAt: time(0)) }
    #expect(try await store.append(events) == [.stored, .stored, .stored])
    let lookup = CallbackLookup(group: "smooven", ids: ["ntf_1"])
    let found = try await store.callbacks(matching: lookup, after: .beginning, limit: 10)
    #expect(found.map(\.event.deduplicationKey) == ["2", "3"])
    let none = InMemoryDeliveryStore(unclaimedEvents: 0)
    #expect(try await none.append(events).first == .stored)
    #expect(try await none.callbacks(matching: lookup, after: .beginning, limit: 10).isEmpty)
    #expect(try await none.append(events).first == .duplicate)
  }
}
