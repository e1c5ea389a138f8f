#if SQLiteSupport
import Foundation
import GRDB
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: files of the first version", .timeLimit(.minutes(1)))
struct UpgradeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let tables = """
    PRAGMA application_id = 1397577294;
    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
    INSERT INTO grdb_migrations VALUES ('1');
    CREATE TABLE event (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      digest BLOB NOT NULL UNIQUE,      -- of scope and deduplication key
      received_at REAL NOT NULL,
      delivery INTEGER,                 -- delivery.id; that row may be gone
      detail TEXT NOT NULL,
      payload TEXT,                     -- NULL when it is what the body says
      body BLOB NOT NULL
    );
    CREATE INDEX event_delivery ON event (delivery) WHERE delivery IS NOT NULL;
    CREATE TABLE delivery (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      token TEXT NOT NULL UNIQUE,
      idempotency_key BLOB UNIQUE,
      notification_id BLOB,
      opened_at REAL NOT NULL,
      may_have_left INTEGER NOT NULL DEFAULT 1,
      outcome TEXT,
      detail TEXT NOT NULL
    );
    CREATE INDEX delivery_notification ON delivery (notification_id) WHERE notification_id IS NOT NULL;
    CREATE INDEX delivery_opened ON delivery (opened_at);
    CREATE TABLE unclaimed (
      correlation_id BLOB NOT NULL,
      event INTEGER NOT NULL,
      PRIMARY KEY (correlation_id, event)
    ) WITHOUT ROWID;
    CREATE INDEX unclaimed_event ON unclaimed (event);
    CREATE TABLE cursor (
      name BLOB PRIMARY KEY,
      position INTEGER NOT NULL
    ) WITHOUT ROWID;
    """

  private static let tokens = (0..<8).map { DeliveryToken(String(repeating: "\($0)", count: 32)) }

  private static let seconds = start.timeIntervalSinceReferenceDate

  private static func body(_ number: Int) -> String { #"{"n":\#(number)}"# }

  /// Returns the text that the first version wrote for an event.
  private static func detail(
    _ number: Int,
    kind: String = "sent",
    endpoint: String = "smooven",
    scope: String = "smooven",
    more: String = ""
  ) -> String {
    #"{"endpoint":"\#(endpoint)","ids":["ntf_\#(number)"],"key":"key-\#(number)","kind":"\#(kind)","#
      + #""name":"notification.\#(kind)","provider":"smooven","scope":"\#(scope)"\#(more)}"#
  }

  private static func outcome(_ name: String, _ detail: String, _ number: Int) throws -> String {
    let event = String(decoding: try JSONEncoder().encode(detail), as: UTF8.self)
    return
      #"{"body":"\#(Data(body(number).utf8).base64EncodedString())","event":\#(event),"outcome":"\#(name)"}"#
  }

  /// Writes a file as the first version did.
  private func write(_ rows: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: folder.file())
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
      try db.execute(sql: Self.tables)
      try rows(db)
    }
    try queue.close()
  }

  private static func insert(
    _ db: Database,
    event number: Int,
    _ detail: String? = nil,
    delivery: Int? = nil,
    payload: String? = nil
  ) throws {
    try db.execute(
      sql:
        "INSERT INTO event (id, digest, received_at, delivery, detail, payload, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        number, Data("digest \(number)".utf8), seconds + Double(number), delivery,
        detail ?? self.detail(number),
        payload, Data(body(number).utf8),
      ]
    )
  }

  private static func insert(
    _ db: Database,
    delivery number: Int,
    key: String?,
    id: String? = nil,
    left: Bool = true,
    outcome: String? = nil,
    critical: Bool = false
  ) throws {
    try db.execute(
      sql: """
        INSERT INTO delivery
          (id, token, idempotency_key, notification_id, opened_at, may_have_left, outcome, detail)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        number, tokens[number]?.text, key.map { Data($0.utf8) }, id.map { Data($0.utf8) },
        seconds + Double(number), left, outcome, #"{"critical":\#(critical),"fingerprint":"f\#(number)"}"#,
      ]
    )
  }

  private static func expected(_ number: Int, kind: CallbackEvent.Kind = .sent) -> CallbackEvent {
    event(number, kind: kind)
  }

  @Test("Callbacks, their order and their deduplication keys are kept")
  func callbacks() async throws {
    try write { db in
      try Self.insert(db, delivery: 1, key: "key", id: "ntf_3")
      try Self.insert(db, event: 1)
      try Self.insert(
        db,
        event: 3,
        Self.detail(3, kind: "delivered", more: #","occurred_at":0.5"#),
        delivery: 1
      )
      try Self.insert(db, event: 4, Self.detail(4, endpoint: "alerts"), payload: #"{"other":5.0}"#)
      try Self.insert(db, event: 5, Self.detail(5, scope: "smooven 17"))
      try db.execute(sql: "UPDATE sqlite_sequence SET seq = 9 WHERE name = 'event'")
      try db.execute(
        sql: "INSERT INTO unclaimed VALUES (x'6e74665f31', 1); INSERT INTO cursor VALUES (x'61', 4)"
      )
    }
    let store = try await SQLiteDeliveryStore(path: folder.file())
    let stored = try await store.all()
    #expect(stored.map(\.cursor.rawValue) == [1, 3, 4, 5])
    #expect(stored.map(\.callback.receivedAt) == [1, 3, 4, 5].map { start.addingTimeInterval($0) })
    #expect(stored[0].event == Self.expected(1))
    #expect(stored[1].event.occurredAt == Date(timeIntervalSinceReferenceDate: 0.5))
    #expect(stored[1].callback.token == Self.tokens[1])
    #expect(stored[2].event.payload == ["other": 5.0])
    #expect(stored.map(\.event.group) == ["smooven", "smooven", "alerts", "smooven 17"])
    #expect(try await store.cursor(named: "a") == EventCursor(rawValue: 4))
    // Found by id, and by the token of the delivery to which it belongs.
    #expect(try await store.callbacks("ntf_1").count == 1)
    let lookup = CallbackLookup(group: "smooven", token: Self.tokens[1])
    #expect(try await store.callbacks(matching: lookup, after: .beginning, limit: 9) == [stored[1]])
    // The same events again, each at its endpoint.
    for stored in [stored[0], stored[1], stored[2]] {
      #expect(try await store.append([stored.callback]) == [.duplicate])
    }
    // A key of one endpoint says nothing about another one, although they had one scope.
    #expect(try await store.append(Self.expected(4)) == .stored)
    #expect(try await store.all().last?.cursor.rawValue == 10)
    #expect(try await store.usage()?.callbacks == 5)
    #expect(try await store.usage()?.keys["alerts"]?.count == 1)
  }

  @Test("Deliveries are kept, with what is known about each")
  func deliveries() async throws {
    try write { db in
      try Self.insert(db, delivery: 1, key: "free", left: false)
      try Self.insert(db, delivery: 2, key: "left")
      try Self.insert(db, delivery: 3, key: "accepted", id: "ntf_3")
      let delivered = try Self.outcome("delivered", Self.detail(4, kind: "delivered"), 4)
      try Self.insert(db, delivery: 4, key: "delivered", id: "ntf_4", outcome: delivered)
      let failed = try Self.outcome("failed", Self.detail(5, kind: "failed"), 5)
      try Self.insert(db, delivery: 5, key: "failed", id: "ntf_5", outcome: failed)
      try Self.insert(db, delivery: 6, key: "critical", id: "ntf_6", outcome: failed, critical: true)
      try Self.insert(db, delivery: 7, key: nil, outcome: #"{"outcome":"timed_out","status":"sent"}"#)
    }
    let store = try await SQLiteDeliveryStore(path: folder.file())
    func row(_ number: Int) async throws -> StoredDelivery {
      let token = try #require(Self.tokens[number])
      let row = try #require(try await store.row(token))
      #expect(row.version == 1 && row.delivery.group == "smooven")
      #expect(row.delivery.fingerprint == "f\(number)" && row.delivery.openedAt == start + Double(number))
      return row.delivery
    }
    let now = try await store.time()
    #expect(try await row(1).phase(at: now) == .free)
    #expect(try await row(2).phase(at: now) == .unclear)
    #expect(try await row(3).phase(at: now) == .accepted)
    #expect(try await row(4).verdict == .delivered(Self.expected(4, kind: .delivered)))
    #expect(try await row(5).verdict == .failed(Self.expected(5, kind: .failed)))
    // The failure of one of several channels was stored as the end, but it isn't one.
    #expect(try await row(6).verdict == nil)
    #expect(try await row(6).milestones == [Self.expected(5, kind: .failed)])
    #expect(try await row(7).verdict == nil)
    #expect(try await row(7).idempotencyKey == nil)
    #expect(try await store.load(.id("ntf_4", group: "smooven"))?.delivery.idempotencyKey == "delivered")
    #expect(
      try await store.pending(after: nil, limit: 9).map(\.delivery.openedAt)
        == [1, 2, 3, 6, 7].map { start + $0 }
    )
    guard case .existing = try await store.insert(delivery("delivered")) else {
      Issue.record("the idempotency key is kept")
      return
    }
  }

  @Test("A clock that is wrong while the file is converted deletes nothing")
  func clock() async throws {
    try write { db in
      try Self.insert(db, delivery: 1, key: "key")
      try Self.insert(db, event: 1)
    }
    let store = try await SQLiteDeliveryStore(path: folder.file())
    try await store.append(event(2), after: 400 * 86_400)
    try await store.advance("order", to: .beginning)
    #expect(try await store.all().count == 2)
    #expect(try await store.load(.idempotencyKey("key")) != nil)
  }

  @Test("Many rows are converted, and a row that can't be read remains its own error")
  func many() async throws {
    try write { db in
      for number in 1...1_234 { try Self.insert(db, event: number) }
      try db.execute(sql: "UPDATE event SET detail = '[' WHERE id = 700")
    }
    let store = try await SQLiteDeliveryStore(path: folder.file())
    #expect(try await store.page(after: .beginning, limit: 699).count == 699)
    #expect(try await store.page(after: EventCursor(rawValue: 700), limit: 9_999).count == 534)
    await #expect(throws: DeliveryStoreError.self) {
      try await store.page(after: EventCursor(rawValue: 699), limit: 1)
    }
    #expect(try await store.append(event(1_000)) == .duplicate)
  }
}
#endif
