#if SQLiteSupport
import Foundation
import Smooven
import SmoovenSQLite
import Testing

@Suite("SQLite: what is written is read back", .timeLimit(.minutes(1)))
struct CodingTests {
  static let events: [CallbackEvent] = {
    let plain = event(1)
    var full = event(2, provider: "custom", ids: ["a\u{0}b", "e\u{301}", ""])
    full.name = "line\nbreak \"quoted\" \\ \u{1} 🎉"
    full.kind = .init(rawValue: "own kind")
    full.channel = "carrier pigeon"
    full.recipient = .init(userID: nil, address: "+1\u{0}23")
    full.failure = .init(reason: nil, code: nil)
    full.occurredAt = Date(timeIntervalSinceReferenceDate: 0.1 + 0.2)
    full.deduplicationKey = ""
    full.endpoint = "endpoint"
    full.group = "custom 17"
    full.source = .statusQuery
    // Not what the body says.
    full.payload = [
      "null": .null, "numbers": [5.0, -0.0, 1e300, 0.1, 5, .integer(.min)], "nested": ["\u{0}": [[], [:]]],
      "big": .string(String(repeating: "x", count: 300_000)), "true": true,
    ]
    full.rawBody = []
    var binary = event(3)
    binary.rawBody = Array(0...255)
    return [plain, full, binary]
  }()

  @Test("Every field of an event comes back", arguments: events.indices)
  func fieldsOfEvent(_ index: Int) async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    let event = Self.events[index]
    let delivery = SmoovenSQLiteTests.delivery("key")
    _ = try await store.open(delivery)
    _ = try await store.append(event, token: delivery.token, at: start)
    for try await stored in store.events() {
      #expect(stored.event == event)
      break
    }
    try await store.settle(delivery.token, outcome: .failed(event))
    await store.close()
    let again = try await SQLiteDeliveryStore(path: folder.file())
    #expect(try await again.open(delivery)?.outcome == .failed(event))
  }

  @Test("Every field of a delivery comes back")
  func fieldsOfDelivery() async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    var first = delivery("key\u{0}1", after: 0.1 + 0.2)
    first.fingerprint = "\u{0}\n\""
    _ = try await store.open(first)
    // SQLite would end these texts at the zero, and take them for the same.
    #expect(try await store.open(delivery("key\u{0}2")) == nil)
    first.notificationID = "ntf\u{0}1"
    try await store.accept(first.token, notificationID: "ntf\u{0}1")
    try await store.settle(first.token, outcome: .timedOut(lastKnown: .sent))
    first.outcome = .timedOut(lastKnown: .sent)
    #expect(try await store.open(first) == first)
  }

  @Test("Keys that begin alike, and keys of another scope, are other keys")
  func keys() async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    func append(_ key: String, _ scope: String) async throws -> DeliveryAppend {
      var event = SmoovenSQLiteTests.event(1)
      event.deduplicationKey = key
      event.group = scope
      return try await store.append(event, token: nil, at: start)
    }
    for (key, scope) in [
      ("a\u{0}b", "s"), ("a\u{0}c", "s"), ("a", "s"), ("b", "sa"), ("ab", "s"), ("1 a", "s"),
    ] {
      #expect(try await append(key, scope) == .stored)
      #expect(try await append(key, scope) == .duplicate)
    }
  }
}
#endif
