#if SQLiteSupport
import Foundation
import Smooven
import SmoovenSQLite
import Testing

@Suite("SQLite: what is written is read back", .timeLimit(.minutes(1)))
struct CodingTests {
  static let events: [CallbackEvent] = {
    let plain = event(1)
    var full = event(2, provider: "custom", ids: ["a\u{0}b", "e\u{301}", "", "a\u{0}b"])
    full.name = "line\nbreak \"quoted\" \\ \u{1} 🎉"
    full.kind = .init(rawValue: "own kind")
    full.conversationIDs = ["conversation", "a\u{0}b"]
    full.channel = "carrier pigeon"
    full.recipient = .init(userID: nil, address: "+1\u{0}23")
    full.failure = .init(reason: nil, code: nil)
    full.occurredAt = Date(timeIntervalSinceReferenceDate: 0.1 + 0.2)
    full.signedAt = Date(timeIntervalSinceReferenceDate: 0.7)
    full.deduplicationKey = ""
    full.endpoint = "endpoint"
    full.group = "custom 17"
    full.source = .statusQuery
    // This isn't what the body says.
    full.payload = [
      "null": .null, "numbers": [5.0, -0.0, 1e300, 0.1, 5, .integer(.min)], "nested": ["\u{0}": [[], [:]]],
      "big": .string(String(repeating: "x", count: 300_000)), "true": true,
    ]
    full.rawBody = []
    var binary = event(3)
    binary.rawBody = Array(0...255)
    return [plain, full, binary]
  }()

  @Test("Every field of a callback is restored", arguments: events.indices)
  func fieldsOfCallback(_ index: Int) async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    let callback = StoredCallback(
      Self.events[index],
      token: index == 0 ? nil : DeliveryToken(),
      receivedAt: start.addingTimeInterval(0.1 + 0.2)
    )
    #expect(try await store.append([callback]) == [.stored])
    await store.close()
    let again = try await SQLiteDeliveryStore(path: folder.file())
    let stored = StoredEvent(cursor: EventCursor(rawValue: 1), callback: callback)
    #expect(try await again.all() == [stored])
    for id in callback.event.correlationIDs + callback.event.conversationIDs {
      let lookup = CallbackLookup(group: callback.event.group, ids: [id])
      #expect(try await again.callbacks(matching: lookup, after: .beginning, limit: 2) == [stored])
    }
  }

  @Test("Every field of a delivery is restored")
  func fieldsOfDelivery() async throws {
    let folder = try TemporaryFolder()
    var store = try await SQLiteDeliveryStore(path: folder.file())
    var first = delivery("key\u{0}1", after: 0.1 + 0.2)
    first.fingerprint = "\u{0}\n\""
    first.isCritical = true
    first.label = "🎉\u{0}"
    try first.attach(["a": [1, "\u{0}", .null]])
    guard case .inserted(let row) = try await store.insert(first) else {
      Issue.record("the key is new")
      return
    }
    #expect(row.delivery == first && row.version == 1)
    // SQLite would end these texts at the zero byte, and consider them equal.
    guard case .inserted = try await store.insert(delivery("key\u{0}2")) else {
      Issue.record("the key is another")
      return
    }
    first.claim = .init(owner: "me", isArmed: true, leaseUntil: try await store.time())
    first.attempt = 7
    first.notBefore = StoreInstant(epoch: "e", nanoseconds: .max)
    first.refusal = .init(
      attempt: 6,
      status: 422,
      apiCode: "a",
      requestID: "r",
      code: "rejected",
      message: "m"
    )
    first.ids = ["ntf\u{0}1", "ntf\u{0}2"]
    first.verdict = .failed(Self.events[1])
    first.milestones = Self.events
    first.askedAt = start.addingTimeInterval(0.7)
    first.wantedUntil = start.addingTimeInterval(0.3)
    #expect(try await store.replace(first, version: 1) == 2)
    for lookup in [
      DeliveryLookup.token(first.token), .idempotencyKey("key\u{0}1"), .id("ntf\u{0}1", group: "smooven"),
      .id("ntf\u{0}2", group: "smooven"),
    ] {
      #expect(try await store.load(lookup)?.delivery == first)
      #expect(try await store.load(lookup)?.version == 2)
    }
    await store.close()
    store = try await SQLiteDeliveryStore(path: folder.file())
    #expect(try await store.row(first.token)?.delivery == first)
  }

  @Test("Keys with the same prefix, and keys of another endpoint, are different keys")
  func keys() async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    func append(_ key: String, _ endpoint: String) async throws -> AppendResult {
      var event = event(1)
      event.deduplicationKey = key
      event.endpoint = endpoint
      return try await store.append(event)
    }
    for (key, endpoint) in [
      ("a\u{0}b", "s"), ("a\u{0}c", "s"), ("a", "s"), ("b", "sa"), ("ab", "s"), ("1 a", "s"),
    ] {
      #expect(try await append(key, endpoint) == .stored)
      #expect(try await append(key, endpoint) == .duplicate)
    }
  }
}
#endif
