#if SQLiteSupport
import Foundation
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: reading from a cursor", .timeLimit(.minutes(5)))
struct SubscriptionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ configuration: SQLiteStoreConfiguration = .init()) async throws -> SQLiteDeliveryStore {
    try await SQLiteDeliveryStore(path: folder.file(), configuration: configuration)
  }

  @Test("Stored events come first, then new ones, in order and each once")
  func storedThenLive() async throws {
    let store = try await open()
    for number in 0..<100 { _ = try await store.append(event(number)) }
    let reader = Task {
      var numbers: [String] = []
      for try await stored in store.events(after: EventCursor(rawValue: 10)) {
        numbers += stored.event.correlationIDs
        if numbers.count == 190 { break }
      }
      return numbers
    }
    for number in 100..<200 { _ = try await store.append(event(number)) }
    #expect(try await reader.value == (10..<200).map { "ntf_\($0)" })
  }

  @Test(
    "Over restarts of the worker and the store, during appends, a worker gets each event once and in order"
  )
  func worker() async throws {
    let count = 1_000 * stressFactor
    let configuration = SQLiteStoreConfiguration(durability: .normal)
    let seen = Collected<Int64>()
    let appended = Collected<Int>()
    var stored = 0
    struct Restart: Error {}
    while seen.values.count < count {
      let store = try await open(configuration)
      let round = stored..<min(count, stored + count / 5)
      // Appends continue while the worker works, and a round ends in the middle of both.
      let producer = Task {
        await withTaskGroup { group in
          for number in round {
            group.addTask {
              if (try? await store.append(event(number))) == .stored {
                appended.add(number)
              }
            }
          }
        }
      }
      stored = round.upperBound
      let limit = min(count, seen.values.count + count / 7)
      await #expect(throws: Restart.self) {
        try await store.forEachEvent(named: "worker") { stored in
          // Thrown before the event is processed, so it's passed again.
          if seen.values.count >= limit { throw Restart() }
          if seen.add(stored.cursor.rawValue) == count {
            try await store.advance("worker", to: stored.cursor)
            throw Restart()
          }
        }
      }
      await producer.value
      await store.close()
    }
    #expect(appended.values.count == count)
    #expect(seen.values == (1...Int64(count)).map { $0 })
  }

  @Test("Several readers next to many writers each get all events, in the same order")
  func readers() async throws {
    let store = try await open(SQLiteStoreConfiguration(durability: .normal))
    let count = 2_000
    let readers = (0..<3).map { _ in
      Task {
        var events: [StoredEvent] = []
        for try await stored in store.events() {
          events.append(stored)
          if events.count == count { break }
        }
        return events
      }
    }
    await withTaskGroup { group in
      for number in 0..<count {
        group.addTask { _ = try? await store.append(event(number)) }
      }
    }
    let first = try await readers[0].value
    #expect(first.map(\.cursor.rawValue) == (1...Int64(count)).map { $0 })
    for reader in readers.dropFirst() { #expect(try await reader.value == first) }
  }

  @Test("A named cursor survives a restart and never goes back")
  func namedCursors() async throws {
    var store = try await open()
    #expect(try await store.cursor(named: "a\u{0}b") == .beginning)
    try await store.advance("a\u{0}b", to: EventCursor(rawValue: 7))
    try await store.advance("a\u{0}b", to: EventCursor(rawValue: 5))
    await store.close()
    store = try await open()
    #expect(try await store.cursor(named: "a\u{0}b") == EventCursor(rawValue: 7))
    #expect(try await store.cursor(named: "a") == .beginning)
  }

  @Test("A cancelled reader gets CancellationError, and a closed store ends the sequence")
  func ends() async throws {
    let store = try await open(SQLiteStoreConfiguration(pollInterval: nil))
    func reader() -> Task<Void, any Error> { Task { for try await _ in store.events() {} } }
    let cancelled = reader()
    cancelled.cancel()
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    let ended = reader()
    await store.close()
    try await ended.value
  }

  @Test("What another process writes to the file is found, too, and stored once")
  func otherProcess() async throws {
    let configuration = SQLiteStoreConfiguration(pollInterval: .milliseconds(10))
    let (reader, writer) = (try await open(configuration), try await open(configuration))
    var iterator = reader.events().makeAsyncIterator()
    let next = Task {
      try await writer.append(event(1))
    }
    #expect(try await iterator.next()?.event == event(1))
    #expect(try await next.value == .stored)
    let stored = await withTaskGroup(of: Int.self) { group in
      for number in 0..<200 {
        for store in [reader, writer] {
          group.addTask {
            (try? await store.append(event(number + 10))) == .stored ? 1 : 0
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(stored == 200)
  }

  @Test("After pruning, cursors continue where they were")
  func pruned() async throws {
    let store = try await open(SQLiteStoreConfiguration(pollInterval: nil))
    for number in 0..<10 { try await store.append(event(number)) }
    try await store.prune(before: start.addingTimeInterval(50))
    #expect(try await store.all().isEmpty)
    let next = Task {
      var iterator = store.events(after: EventCursor(rawValue: 5)).makeAsyncIterator()
      return try await iterator.next()?.cursor.rawValue
    }
    try await store.append(event(20), after: 100)
    #expect(try await next.value == 11)
  }
}
#endif
