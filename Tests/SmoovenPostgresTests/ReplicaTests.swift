#if PostgresSupport
import Foundation
import InMemoryLogging
import Logging
import Smooven
import SmoovenTesting
import SmoovenSupport
import TestSupport
import Testing

@testable import SmoovenPostgres

@Suite("PostgreSQL: replicas", .enabled(if: PostgresServer.isAvailable), .timeLimit(.minutes(3)))
struct ReplicaTests {
  private let server: PostgresServer

  init() throws { server = try PostgresServer.shared.get() }

  @Test("Each delivery of a dead replica is taken over by one replica, and again if that one dies")
  func takeover() async throws {
    let schema = newSchema()
    // They show that they live only by what they do.
    let dead = try await PostgresDeliveryStore(server, schema: schema, isDriven: false)
    let others = [
      try await PostgresDeliveryStore(server, schema: schema, isDriven: false),
      try await PostgresDeliveryStore(server, schema: schema, isDriven: false),
    ]
    var tokens: Set<DeliveryToken> = []
    for number in 0..<40 {
      var delivery = delivery("\(number)", at: start.addingTimeInterval(Double(number)))
      let row = try await dead.insertNew(delivery)
      if number % 4 == 0 {
        // It's concluded, so that no replica needs it.
        delivery.verdict = .delivered(callback("\(number)").event)
        _ = try await dead.replace(delivery, version: row.version)
      } else {
        tokens.insert(delivery.token)
      }
    }
    _ = try await others[0].insert(delivery("alive"))
    for store in others { #expect(try await store.takeOver(limit: 100).isEmpty, "its replica lives") }
    // Also after a pause, those that take over live.
    for store in [dead] + others { try store.silence(server) }
    var taken = try await others[0].takeOver(limit: 7)
    taken += try await withThrowingTaskGroup(of: [VersionedDelivery].self) { group in
      for number in 0..<10 { group.addTask { try await others[number % 2].takeOver(limit: 7) } }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(taken.count == 30 && Set(taken.map(\.delivery.token)) == tokens)
    for store in others { #expect(try await store.takeOver(limit: 100).isEmpty) }
    try others[1].silence(server)
    let again = try await others[0].takeOver(limit: 100)
    let mine = taken.count - again.count
    #expect(again.count + mine == 30 && mine >= 7)
    for store in others + [dead] { await store.close() }
  }

  @Test(
    "A delivery of a dead replica that can't be read is logged and kept, and doesn't stop the others",
    arguments: [false, true]
  )
  func unreadableOrphans(isAdoption: Bool) async throws {
    let schema = newSchema()
    let logs = InMemoryLogHandler()
    let dead = try await PostgresDeliveryStore(server, schema: schema, isDriven: false)
    let other = try await PostgresDeliveryStore(server, schema: schema, isDriven: false) { configuration in
      configuration.logger = Logger(label: "test") { _ in logs }
    }
    var rows: [VersionedDelivery] = []
    for number in 0..<4 {
      rows.append(
        try await dead.insertNew(delivery("secret \(number)", at: start.addingTimeInterval(Double(number))))
      )
    }
    for row in rows[..<3] {
      try server.sql(
        "UPDATE \(dead.tables("delivery")) SET record = '{\"group\": \"secret\"}' WHERE token = $1",
        [.bytes(row.delivery.token.bytes)]
      )
    }
    try dead.silence(server)
    // The first two are a page of unreadable ones, and the third is in a page with the readable one.
    let found = try await isAdoption ? other.adopt(limit: 2) ?? [] : other.takeOver(limit: 2)
    #expect(found.map(\.delivery.token) == [rows[3].delivery.token])
    #expect(try await other.adopt(limit: 2)?.isEmpty == true)
    #expect(try server.sql("SELECT 1 FROM \(dead.tables("delivery"))").count == 4)
    #expect(logs.entries.map { "\($0.metadata["count"] ?? "none")" } == ["2", "1"])
    let text = logs.entries.map { "\($0)" }.joined()
    #expect(!text.contains("secret") && rows.allSatisfy { !text.contains($0.delivery.token.text) })
    for store in [dead, other] { await store.close() }
  }

  @Test("A replica that was declared dead registers again, and misses nothing")
  func lostLease() async throws {
    let schema = newSchema()
    let waiter = try await PostgresDeliveryStore(server, schema: schema) {
      $0.pollInterval = .milliseconds(200)
    }
    let receiver = try await PostgresDeliveryStore(server, schema: schema)
    let reports = DeliveryStoreReports()
    try await waiter.following(reports) {
      for round in 0..<3 {
        let token = DeliveryToken()
        try await waiter.wait(for: token, reports)
        try server.sql("DELETE FROM \(waiter.tables("replica")) WHERE id = $1", [.uuid(waiter.replica.bytes)])
        _ = try await receiver.append([callback("\(round)", token: token)])
        try await reports.key("\(round)")
      }
    }
    await waiter.close()
    await receiver.close()
  }

  @Test("A reader of the log on each replica gets what all of them append, in one order and each once")
  func logWhileAllAppend() async throws {
    let schema = newSchema()
    let stores = [
      try await PostgresDeliveryStore(server, schema: schema),
      try await PostgresDeliveryStore(server, schema: schema),
      try await PostgresDeliveryStore(server, schema: schema),
    ]
    let (writers, rounds) = (3, 25)
    let count = stores.count * writers * rounds * 2
    let reads = try await withThrowingTaskGroup(of: [StoredEvent].self) { group in
      for (replica, store) in stores.enumerated() {
        group.addTask {
          var read: [StoredEvent] = []
          for try await stored in store.events() {
            read.append(stored)
            if read.count == count { break }
          }
          return read
        }
        for writer in 0..<writers {
          group.addTask {
            for number in 0..<rounds {
              let key = "\(replica) \(writer) \(number)"
              let results = try await store.append([callback("\(key) a"), callback("\(key) b")])
              #expect(results == [.stored, .stored])
            }
            return []
          }
        }
      }
      return try await group.reduce(into: [[StoredEvent]]()) { if !$1.isEmpty { $0.append($1) } }
    }
    try #require(reads.count == stores.count)
    for read in reads {
      #expect(zip(read, read.dropFirst()).allSatisfy { $0.cursor < $1.cursor })
      #expect(Set(read.map(\.event.deduplicationKey)).count == count)
      #expect(read == reads[0])
    }
    // Nothing comes after what they read.
    #expect(try await stores[0].page(after: reads[0][count - 1].cursor, limit: 10).isEmpty)
    for store in stores { await store.close() }
  }

  @Test("A replica with a wrong clock dates nothing before the clock of a new database")
  func wrongClock() async throws {
    let schema = newSchema()
    // Both open it before it has a clock.
    let right = try await PostgresDeliveryStore(server, schema: schema)
    let wrong = try await PostgresDeliveryStore(server, schema: schema)
    _ = try await right.insert(delivery("right"))
    let past = start.addingTimeInterval(-40 * 86_400)
    _ = try await wrong.insert(delivery("wrong", at: past))
    _ = try await wrong.append([callback("wrong", at: past)])
    for table in ["delivery", "event"] {
      let dates = try server.sql("SELECT min(kept_from) FROM \(right.tables(table))")
      #expect(dates.first?.real(0) == start.timeIntervalSinceReferenceDate, "\(table)")
    }
    await wrong.close()
    await right.close()
  }

  @Test("A janitor removes dead replicas with their interests, and keeps their counts")
  func janitor() async throws {
    let schema = newSchema()
    let dead = try await PostgresDeliveryStore(server, schema: schema, isDriven: false)
    try await dead.watch(CallbackLookup(group: "smooven", token: DeliveryToken()))
    _ = try await dead.append([callback("1"), callback("2")])
    try dead.silence(server)
    let other = try await PostgresDeliveryStore(server, schema: schema) { configuration in
      configuration.pollInterval = .milliseconds(50)
      configuration.replicaTimeout = .seconds(1)
    }
    // Until the other one has looked.
    try await until { try server.sql("SELECT 1 FROM \(other.tables("interest"))").isEmpty }
    #expect(try await other.usage()?.callbacks == 2)
    await other.close()
    await dead.close()
  }

  @Test("Interests without a wait are removed, and those that are watched again come back")
  func sweeping() {
    var interests = ReplicaInterests()
    let now = ContinuousClock.now
    #expect(interests.watch([1, 2, 3], at: now) == [1, 2, 3])
    interests.commit([1, 2, 3])
    #expect(interests.watch([1], at: now + .seconds(5)).isEmpty)
    // 1 was watched after that moment, and 2 is needed.
    #expect(interests.forget(except: [2], watchedBefore: now + .seconds(1)) == [3])
    #expect(interests.watch([3], at: now + .seconds(2)) == [3])
    interests.lose()
    #expect(interests.watch([1, 2], at: now).count == 2)
  }

  @Test("A message contains what it was built from, in texts that PostgreSQL accepts")
  func messages() throws {
    let message = ReplicaMessage(
      positions: Set((0..<2_000).map { Int64.max - $0 }),
      hashes: Set((0..<2_000).map { Int64.min + $0 })
    )
    let texts = message.texts
    #expect(texts.count > 1 && texts.allSatisfy { $0.utf8.count < 8_000 })
    var read = ReplicaMessage()
    for text in texts { read.merge(try #require(ReplicaMessage(text))) }
    #expect(read == message)
    #expect(ReplicaMessage().texts.isEmpty)
  }

  @Test(
    "Text that isn't a message is ignored",
    arguments: ["", "1", "2 1;2", "1 1", "probe 1", "1 ;;", "1 a,b;c"]
  )
  func noMessage(_ text: String) {
    let message = ReplicaMessage(text)
    #expect(message == nil || message == ReplicaMessage())
  }

  @Test("A token isn't part of what every role of the database may listen to")
  func tokensAreSecret() async throws {
    let schema = newSchema()
    let waiter = try await PostgresDeliveryStore(server, schema: schema)
    let writer = try await PostgresDeliveryStore(server, schema: schema)
    let row = try await writer.insertNew(delivery("key"))
    let token = row.delivery.token
    let reports = DeliveryStoreReports()
    let payloads = try await waiter.following(reports) {
      try await waiter.wait(for: token, reports)
      let listener = try LibPQ(try PostgresAddress(server.url()))
      let end = ContinuousClock.now.advanced(by: .seconds(60))
      _ = try listener.run("LISTEN \"\(waiter.tables.channel(of: waiter.replica))\"", until: end)
      var changed = row.delivery
      changed.label = "changed"
      _ = try await writer.replace(changed, version: row.version)
      _ = try await writer.append([callback("1", token: token)])
      let pipe = try WakePipe()
      var payloads: Set<String> = []
      // The place of the callback, and the hash of the delivery, together or not.
      while payloads.filter({ $0 != "probe" }).joined(separator: " ").contains(#/;-?\d/#) == false
        || payloads.joined(separator: " ").contains(#/1 \d+/#) == false
      {
        payloads.formUnion(try listener.notifications(orWakeBy: pipe, until: end).map(\.payload))
      }
      return payloads
    }
    let bytes = token.bytes.map { $0 }
    for payload in payloads {
      #expect(!payload.contains(token.text))
      // Nor its first or last half as a number, of which the first is the key in the tables.
      for half in [bytes[..<8], bytes[8...]] {
        let number = half.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        #expect(!payload.contains("\(number)") && !payload.contains("\(Int64(bitPattern: number))"))
      }
    }
    await waiter.close()
    await writer.close()
  }

  @Test("The time that a callback takes to another replica", arguments: [true, false])
  func latency(usesNotifications: Bool) async throws {
    let schema = newSchema()
    let change = { (configuration: inout PostgresStoreConfiguration) in
      configuration.usesNotifications = usesNotifications
    }
    let waiter = try await PostgresDeliveryStore(server, schema: schema, change)
    let receiver = try await PostgresDeliveryStore(server, schema: schema, change)
    let reports = DeliveryStoreReports()
    let count = usesNotifications ? 300 : 5
    var times: [Duration] = []
    try await waiter.following(reports) {
      for number in 0..<count {
        let token = DeliveryToken()
        try await waiter.wait(for: token, reports)
        _ = try await receiver.append([callback("\(number)", token: token)])
        let stored = ContinuousClock.now
        times.append(try await reports.key("\(number)") - stored)
        reports.stopWanting()
      }
    }
    times.sort()
    print(
      "wake after commit, \(usesNotifications ? "notified" : "polled"): median \(times[count / 2]), p99",
      "\(times[count * 99 / 100])"
    )
    #expect(times[count / 2] < (usesNotifications ? .milliseconds(500) : .seconds(2)))
    await waiter.close()
    await receiver.close()
  }
}
#endif
