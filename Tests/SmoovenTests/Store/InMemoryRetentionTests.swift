import Foundation
import SmoovenSupport
import Testing

@testable import Smooven

@Suite("In-memory store: retention", .timeLimit(.minutes(1)))
struct InMemoryRetentionTests {
  private static let start = Date(timeIntervalSinceReferenceDate: 800_000_000)
  private static let day = 86_400.0

  /// A store that keeps deliveries for 24 hours and keys for 26, and the clocks that it follows.
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

  @Test("What is past its retention is removed automatically, except what a wait still needs")
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
    "A flood at one endpoint narrows no other endpoint's window, and the usage shows how far back it reaches"
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

  @Test("If there is no room, everything that was appended together is rolled back")
  func fullTogether() async throws {
    let machine = Machine(capacity: 3)
    #expect(try await append("0", to: machine, after: 0) == .stored)
    let before = try await machine.store.usage()
    let callbacks = (1...5).map { number in
      var event = event(.sent, key: "\(number)")
      event.signedAt = time(Double(number))
      return StoredCallback(event, receivedAt: time(5))
    }
    let unsigned = StoredCallback(event(.sent, key: "unsigned"), receivedAt: time(5))
    await #expect(throws: DeliveryStoreError.self) {
      _ = try await machine.store.append([unsigned, callbacks[0]] + callbacks)
    }
    let after = try await machine.store.usage()
    #expect(after?.callbacks == before?.callbacks && after?.keys["smooven"]?.count == 1)
    #expect(
      try await machine.store.append([unsigned, callbacks[0], callbacks[0]]) == [
        .stored, .stored, .duplicate,
      ]
    )
    #expect(try await machine.store.append([callbacks[1]]) == [.stored])
    await #expect(throws: DeliveryStoreError.self) { _ = try await machine.store.append([callbacks[2]]) }
  }

  @Test("Of callbacks without a delivery, the latest are kept, because one may follow")
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

  @Test("A callback of a delivery is found by an id that no delivery has yet, and by a conversation id")
  func boundByOneOfItsIDs() async throws {
    let store = InMemoryDeliveryStore()
    var open = delivery("open", after: 0)
    open.ids = ["ntf_1"]
    var ended = delivery("ended", after: 0)
    ended.ids = ["ntf_2"]
    ended.verdict = .delivered(event(.delivered))
    for delivery in [open, ended] { _ = try await store.insert(delivery) }
    for (number, id) in ["ntf_1", "ntf_2"].enumerated() {
      var event = event(.sent, id: id, key: "\(number)")
      event = CallbackEvent(
        provider: event.provider,
        name: event.name,
        kind: event.kind,
        correlationIDs: [id, "job_\(number)"],
        conversationIDs: ["conversation"],
        deduplicationKey: event.deduplicationKey,
        payload: .null,
        rawBody: []
      )
      _ = try await store.append([StoredCallback(event, receivedAt: time(1))])
    }
    func found(_ id: String) async throws -> [String] {
      let lookup = CallbackLookup(group: "smooven", ids: [id])
      return try await store.callbacks(matching: lookup, after: .beginning, limit: 10)
        .map(\.event.deduplicationKey)
    }
    #expect(try await found("job_0") == ["0"])
    #expect(try await found("job_1") == ["1"])
    #expect(try await found("conversation") == ["0", "1"])
    #expect(try await found("ntf_1") == ["0"])
    // If all of its ids are known, a callback takes no room from those that may be claimed.
    _ = try await store.append([StoredCallback(event(.opened, id: "ntf_1", key: "2"), receivedAt: time(2))])
    let usage = try #require(await store.usage())
    #expect(usage.callbacks == 4, "two with the open delivery, and two that others may claim")
  }

  @Test("The endpoints of expected callbacks are forgotten once none of their callbacks could be fresh")
  func usedOnce() async throws {
    let machine = Machine()
    for number in 0..<100 {
      #expect(try await append("1", to: machine, after: 0, endpoint: "expected \(number)") == .stored)
    }
    for hour in 1...60 {
      machine.pass(3_600)
      _ = try await append("\(hour)", to: machine, after: Double(hour) * 3_600)
      let count = try #require(await machine.store.usage()).keys.count
      #expect(count == (hour <= 52 ? 101 : 1), "hour \(hour)")
    }
  }

  @Test("Events that others stored are reported to a client that follows later, if it waits for them")
  func followedLater() async throws {
    let store = InMemoryDeliveryStore()
    let mine = delivery("mine", after: 0)
    _ = try await store.insert(mine)
    let lookup = CallbackLookup(group: "smooven", token: mine.token)
    let interests = DeliveryInterests(
      count: { 1 },
      token: { $0 == mine.token },
      callback: { lookup.matches($0) },
      lookups: { [lookup] }
    )
    let callbacks = ["1", "2"].map { key in
      StoredCallback(
        event(.sent, key: key),
        token: key == "1" ? mine.token : DeliveryToken(),
        receivedAt: time(1)
      )
    }
    _ = try await store.append(callbacks)
    let reports = Watched([StoreChange]())
    let following = Task {
      try await store.follow(interests) { change in reports.update { $0.append(change) } }
    }
    let first = try await reports.first { $0.count == 2 ? $0 : nil }
    following.cancel()
    guard case .callbacks(let found) = first[0], case .deliveries([mine.token]) = first[1] else {
      Issue.record("\(first.count) reports")
      return
    }
    #expect(found.map(\.callback) == [callbacks[0]])
  }
}
