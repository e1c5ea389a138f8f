#if SQLiteSupport
import Foundation
import Smooven
import Synchronization
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: following what other processes store", .timeLimit(.minutes(1)))
struct FollowingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open() async throws -> SQLiteDeliveryStore {
    try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(durability: .normal, pollInterval: .milliseconds(5))
    )
  }

  /// What one process waits for, and what was reported to it.
  private final class Process: Sendable {
    private let wanted = Mutex<[CallbackLookup]>([])
    private let asked = Mutex(0)
    private let listed = Mutex(0)
    let events = AsyncStream<StoredEvent>.makeStream()
    let tokens = AsyncStream<DeliveryToken>.makeStream()

    var interests: DeliveryInterests {
      DeliveryInterests(
        count: { self.wanted.withLock(\.count) },
        token: { token in self.wanted.withLock { $0.contains { $0.token == token } } },
        callback: { callback in
          self.asked.withLock { $0 += 1 }
          return self.wanted.withLock { $0.contains { $0.matches(callback) } }
        },
        lookups: {
          self.listed.withLock { $0 += 1 }
          return self.wanted.withLock { $0 }
        }
      )
    }

    /// The number of times that it was asked about a callback.
    var questions: Int { asked.withLock { $0 } }

    /// The number of times that it listed everything it waits for.
    var lists: Int { listed.withLock { $0 } }

    func wait(for token: DeliveryToken? = nil, ids: String...) {
      wanted.withLock { $0.append(CallbackLookup(group: "smooven", token: token, ids: ids)) }
    }

    func follow(_ store: SQLiteDeliveryStore) -> Task<Void, any Error> {
      Task {
        try await store.follow(interests) { change in
          switch change {
          case .callbacks(let events): for event in events { self.events.continuation.yield(event) }
          case .deliveries(let tokens): for token in tokens { self.tokens.continuation.yield(token) }
          case .orphans: Issue.record("a file doesn't know which process is gone")
          }
        }
      }
    }
  }

  @Test("A callback that another process stores is reported, by its token or id, and others aren't")
  func callbacks() async throws {
    let (mine, other) = (try await open(), try await open())
    let process = Process()
    let token = DeliveryToken()
    process.wait(for: token)
    process.wait(ids: "ntf_9")
    let task = process.follow(mine)
    defer { task.cancel() }
    var events = process.events.stream.makeAsyncIterator()
    try await other.append(event(1), token: DeliveryToken())
    try await other.append(event(2), token: token)
    #expect(await events.next()?.event == event(2))
    try await other.append(together: (10..<600).map { event($0) })
    try await other.append(event(9))
    #expect(await events.next()?.event == event(9))
    // Of 590 that nothing waits for, none was read. Two keys were looked up instead.
    #expect(process.questions < 20, "\(process.questions)")
  }

  @Test("If there are more waits than new callbacks, these are read, each once and in order")
  func manyWaits() async throws {
    let (mine, other) = (try await open(), try await open())
    let process = Process()
    for number in 0..<2_000 { process.wait(ids: "ntf_\(number * 2)") }
    let task = process.follow(mine)
    defer { task.cancel() }
    for number in 0..<100 { try await other.append(event(number)) }
    var found: [String] = []
    for await stored in process.events.stream {
      found += stored.event.correlationIDs
      if found.count == 50 { break }
    }
    #expect(found == (0..<50).map { "ntf_\($0 * 2)" })
  }

  @Test("What was stored between opening and following is reported, too")
  func beforeFollowing() async throws {
    let (mine, other) = (try await open(), try await open())
    try await other.append(event(1))
    let process = Process()
    process.wait(ids: "ntf_1")
    let task = process.follow(mine)
    defer { task.cancel() }
    var events = process.events.stream.makeAsyncIterator()
    #expect(await events.next()?.event == event(1))
  }

  @Test("What this process stores is reported to the other clients in it")
  func ownCallbacks() async throws {
    let store = try await open()
    let process = Process()
    process.wait(ids: "ntf_1")
    let task = process.follow(store)
    defer { task.cancel() }
    var events = process.events.stream.makeAsyncIterator()
    // Following may begin after the append, or before it.
    try await store.append(event(1))
    #expect(await events.next()?.event == event(1))
  }

  @Test("What this process stored isn't read from the file, and without changes nothing is")
  func ownFromMemory() async throws {
    let (mine, other) = (try await open(), try await open())
    let process = Process()
    for number in 0..<100 { process.wait(ids: "ntf_\(number)") }
    let reported = Collected<Int64>()
    let id = mine.followers.add()
    var follower = StoreFollower(store: mine, interests: process.interests) { change in
      if case .callbacks(let events) = change { for event in events { reported.add(event.cursor.rawValue) } }
    }
    try await mine.append(event(1))
    try await other.append(event(2))
    try await mine.append(together: [event(3), event(4)])
    try await follower.look(own: mine.followers.take(id))
    #expect(reported.values == [1, 3, 4, 2])
    let questions = process.questions
    try await follower.look(own: mine.followers.take(id))
    #expect(process.questions == questions && reported.values.count == 4)
  }

  @Test("A damaged row doesn't end following", arguments: [1, 100])
  func damaged(waits: Int) async throws {
    let (mine, other) = (try await open(), try await open())
    let process = Process()
    for number in 0..<waits { process.wait(ids: "ntf_\(number)") }
    let reported = Collected<Int64>()
    var follower = StoreFollower(store: mine, interests: process.interests) { change in
      if case .callbacks(let events) = change { for event in events { reported.add(event.cursor.rawValue) } }
    }
    for number in 0..<20 { try await other.append(event(number, ids: ["ntf_0"])) }
    try await other.writes.perform { try $0.db.run("UPDATE event SET detail = '' WHERE id = 7") }
    try await follower.look(own: StoreFollowers.Own())
    #expect(reported.values == (1...20).filter { $0 != 7 })
  }

  @Test("After only its own callbacks, nothing is looked up in the file")
  func ownAlone() async throws {
    let store = try await open()
    let process = Process()
    process.wait(ids: "ntf_1000")
    let id = store.followers.add()
    var follower = StoreFollower(store: store, interests: process.interests) { _ in }
    for number in 0..<20 { try await store.append(event(number)) }
    try await follower.look(own: store.followers.take(id))
    #expect(process.lists == 0)
    // If none of them is in memory, the one key is looked up.
    for number in 20..<40 { try await store.append(event(number)) }
    try await follower.look(own: StoreFollowers.Own())
    #expect(process.lists == 1)
  }

  @Test("Ranges of callbacks that the store appended leave out the others between them")
  func ranges() {
    let own = StoreFollowers.Own(ranges: [3...5, 8...8, 20...30])
    #expect(own.others(after: 0, upTo: 10) == [1...2, 6...7, 9...10])
    #expect(own.count(after: 0, upTo: 10) == 4)
    #expect(own.others(after: 3, upTo: 8) == [6...7])
    #expect(own.count(after: 3, upTo: 8) == 3)
    #expect(own.others(after: 20, upTo: 30).isEmpty)
    #expect(own.count(after: 20, upTo: 25) == 5)
    #expect(own.others(after: 30, upTo: 31) == [31...31])
    #expect(StoreFollowers.Own().others(after: 1, upTo: 1).isEmpty)
  }

  @Test("Alternating callbacks of this process and of others are each reported")
  func interleaved() async throws {
    let (mine, other) = (try await open(), try await open())
    let process = Process()
    for number in 0..<300 { process.wait(ids: "ntf_\(number)") }
    let task = process.follow(mine)
    defer { task.cancel() }
    for number in 0..<300 { try await (number % 3 == 0 ? mine : other).append(event(number)) }
    var found: Set<Int64> = []
    for await stored in process.events.stream {
      found.insert(stored.cursor.rawValue)
      if found.count == 300 { break }
    }
    #expect(found == Set(1...300))
  }

  @Test("A delivery that another process inserts, replaces or removes is reported")
  func deliveries() async throws {
    let (mine, other) = (try await open(), try await open())
    let process = Process()
    let first = delivery("key")
    process.wait(for: first.token)
    let task = process.follow(mine)
    defer { task.cancel() }
    var tokens = process.tokens.stream.makeAsyncIterator()
    _ = try await other.insert(delivery("other"))
    _ = try await other.insert(first)
    #expect(await tokens.next() == first.token)
    #expect(try await other.replace(first, version: 1) == 2)
    #expect(await tokens.next() == first.token)
    // The number of the latest change must not be used again after its row is removed.
    try await other.remove(first.token, version: 2)
    #expect(await tokens.next() == first.token)
    _ = try await other.insert(first)
    #expect(await tokens.next() == first.token)
  }

  @Test("A cancelled follower ends promptly, and one of a closed store returns")
  func ends() async throws {
    let store = try await open()
    let (first, second) = (Process().follow(store), Process().follow(store))
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    await store.close()
    try await second.value
    let late = Process().follow(store)
    try await late.value
  }
}
#endif
