#if PostgresSupport
import Foundation
import InMemoryLogging
import Logging
import Smooven
import SmoovenSupport
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@testable import SmoovenPostgres

@Suite("PostgreSQL: polling", .enabled(if: PostgresServer.isAvailable), .timeLimit(.minutes(2)))
struct PollingTests {
  private let server: PostgresServer
  private let schema = newSchema()

  init() throws { server = try PostgresServer.shared.get() }

  private func open(isDriven: Bool = true) async throws -> PostgresDeliveryStore {
    try await PostgresDeliveryStore(server, schema: schema, isDriven: isDriven) {
      $0.usesNotifications = false
      $0.pollInterval = .milliseconds(100)
    }
  }

  @Test("A replica reports that it's alive, however rarely it polls")
  func lease() async throws {
    let store = try await PostgresDeliveryStore(server, schema: schema) {
      $0.pollInterval = .seconds(3_600)
      $0.replicaTimeout = .seconds(1)
    }
    try await until {
      let sql = "SELECT 1 FROM \(store.tables("replica")) WHERE seen_at > started_at + interval '1 second'"
      return try !server.sql(sql).isEmpty
    }
    await store.close()
  }

  @Test("A replica whose connection was lost writes its interests again, because a crash may have lost them")
  func reconnected() async throws {
    let (waiter, receiver) = (try await open(), try await open(isDriven: false))
    let reports = DeliveryStoreReports()
    try await waiter.following(reports) {
      let token = DeliveryToken()
      try await waiter.wait(for: token, reports)
      // The rows of interests are committed without waiting for the disk.
      try server.sql("DELETE FROM \(waiter.tables("interest"))")
      let count = waiter.reader.connectCount
      let pid = try await waiter.read { connection, deadline in
        try connection.run("SELECT pg_backend_pid()::int8", until: deadline).first?.integer(0)
      }
      try server.sql("SELECT pg_terminate_backend($1::int4)", [.integer(try #require(pid))])
      try await until { waiter.reader.connectCount > count }
      _ = try? await receiver.read { _, _ in }
      _ = try await eventually { (try? await receiver.append([callback("1", token: token)]))?.first }
      try await reports.key("1")
    }
    await waiter.close()
    await receiver.close()
  }

  @Test(
    "If another server took over, the replica registers again",
    arguments: ["10:20:", "10:9000000000000:", "another", "moved"]
  )
  func anotherServer(_ change: String) async throws {
    let store = try await open(isDriven: false)
    var poll = ReplicaHub.PollProgress()
    let write = { @Sendable in try await store.writes.perform($0) }
    try await store.hub.register(&poll, write)
    _ = store.hub.work.update { $0.take() }
    try await store.hub.look(&poll)
    #expect(!store.hub.work.read(\.isWanted))
    let seen = try #require(poll.seen)
    poll.seen =
      switch change {
      case "another": PollSnapshot("\(seen.first):\(seen.next):", base: seen.base, server: seen.server - 1)
      case "moved": PollSnapshot("\(seen.first):\(seen.next):", base: seen.base - 1, server: seen.server)
      default: PollSnapshot(change, base: seen.base, server: seen.server)
      }
    try await store.hub.look(&poll)
    #expect(store.hub.work.read(\.registers) == (change != "10:20:"))
    try await store.hub.register(&poll, write)
    #expect(poll.seen?.server == seen.server && poll.seen?.base == seen.base)
    await store.close()
  }

  @Test("What a poll finds isn't read by the next one, however long a transaction holds the log back")
  func heldBack() async throws {
    // Its own, because an open transaction holds back the logs of all tests.
    let server = try PostgresServer()
    defer { server.stop() }
    let waiter = try await PostgresDeliveryStore(server, schema: schema, isDriven: false)
    let receiver = try await PostgresDeliveryStore(server, schema: schema, isDriven: false)
    let reports = DeliveryStoreReports()
    let token = DeliveryToken()
    // The first of an endpoint writes a row that the next ones wait for.
    _ = try await receiver.append([callback("first")])
    try await waiter.wait(for: token, reports)
    let news = waiter.hub.add(reports.interests).news
    var poll = ReplicaHub.PollProgress()
    try await waiter.hub.register(&poll) { try await waiter.writes.perform($0) }
    let take = {
      news.update { news in
        defer { news = ReplicaNews() }
        return news
      }
    }
    _ = take()
    // A writer that stopped after it wrote, and before its commit.
    let long = try LibPQ(try PostgresAddress(server.url()))
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    let record = AppendRecord(EventRecord(callback("slow", token: token)), keptFrom: 0)
    let batch = WriteBatch([.append([record])], tables: waiter.tables, replica: ReplicaID())
    let commit = try #require(batch.statements.firstIndex { $0.sql == "COMMIT" })
    for result in try long.pipeline(Array(batch.statements[..<commit]), until: end) { _ = try result.get() }
    _ = try long.run("SELECT set_config('idle_in_transaction_session_timeout', '0', true)", until: end)

    for number in 0..<3 {
      _ = try await receiver.append([callback("\(number)", token: token)])
      try await waiter.hub.look(&poll)
      #expect(take().positions.count == 1)
      // Not because it remembers what it reported.
      waiter.hub.state.withLock { $0.reported = ReportedPlaces() }
    }
    try await waiter.hub.look(&poll)
    #expect(take().isEmpty)
    _ = try long.run("COMMIT", until: end)
    try await waiter.hub.look(&poll)
    #expect(take().positions.count == 1)
    await waiter.close()
    await receiver.close()
  }

  @Test("A key that is watched again while its row is removed has a row")
  func sweepRace() async throws {
    let store = try await open(isDriven: false)
    let (lookup, reports) = (CallbackLookup(group: "smooven", ids: ["ntf_1"]), DeliveryStoreReports())
    _ = store.hub.add(reports.interests)
    try await store.watch(lookup)
    _ = store.hub.work.update { $0.take() }
    store.hub.state.withLock { $0.sweptAt = .now - .seconds(3_600) }
    try await store.hub.sweep { operation in
      // The new wait's row is committed first, and the old one's removal after it.
      if case .unwatch = operation { try await store.watch(lookup) }
      return try await store.writes.perform(operation)
    }
    let rows = { try server.sql("SELECT 1 FROM \(store.tables("interest"))").count }
    #expect(try rows() == 0)
    #expect(store.hub.work.read(\.registers))
    var poll = ReplicaHub.PollProgress()
    try await store.hub.register(&poll) { try await store.writes.perform($0) }
    #expect(try rows() == 1)
    await store.close()
  }

  @Test("A failed write of an interest is repeated")
  func failedWatch() async throws {
    let store = try await open(isDriven: false)
    _ = store.hub.work.update { $0.take() }
    try server.sql("ALTER TABLE \(store.tables("interest")) RENAME TO elsewhere")
    await #expect(throws: DeliveryStoreError.self) {
      try await store.watch(CallbackLookup(group: "smooven", ids: ["ntf_1"]))
    }
    #expect(store.hub.work.read(\.registers))
    await store.close()
  }

  @Test(
    "A poll or a follower that can't read is logged once, and so is that it can again",
    arguments: [true, false]
  )
  func outage(isDriven: Bool) async throws {
    let logs = InMemoryLogHandler()
    let store = try await PostgresDeliveryStore(server, schema: schema, isDriven: isDriven) { configuration in
      configuration.usesNotifications = false
      configuration.pollInterval = .milliseconds(100)
      configuration.logger = Logger(label: "test") { _ in logs }
    }
    let (token, reports) = (DeliveryToken(), DeliveryStoreReports())
    _ = try await store.append([callback("before", token: token)])
    try await store.following(reports) {
      try await store.wait(for: token, reports)
      store.hub.tell(ReplicaNews(isEverything: true))
      try await reports.key("before")
      // One that only the poll reads, or only the follower.
      let table = isDriven ? "removal" : "event_key"
      try server.sql("ALTER TABLE \(store.tables(table)) RENAME TO elsewhere")
      store.hub.tell(ReplicaNews(isEverything: true))
      try await until { logs.entries.contains { $0.level == .warning } }
      try server.sql("ALTER TABLE \(store.tables("elsewhere")) RENAME TO \(table)")
      try await until { logs.entries.contains { $0.level == .notice } }
    }
    await store.close()
    #expect(logs.entries.map(\.level) == [.warning, .notice])
  }

  @Test("A listening address that leads nowhere is logged once, without its password")
  func unreachableListener() async throws {
    let logs = InMemoryLogHandler()
    let store = try await PostgresDeliveryStore(server, schema: schema, isDriven: false) { configuration in
      configuration.listenURL = "postgresql:///postgres?host=/nowhere&user=postgres&password=hunter2"
      configuration.logger = Logger(label: "test") { _ in logs }
    }
    store.hub.listen()
    try await until { !logs.entries.isEmpty }
    await store.close()
    #expect(logs.entries.map(\.level) == [.warning])
    let text = logs.entries.map { "\($0)" }.joined()
    #expect(text.contains("LISTEN") && text.contains("/nowhere") && !text.contains("hunter2"))
  }

  @Test("An outage begins with the first part that fails, and ends with the last one that works again")
  func outageParts() {
    var outage = StoreOutage()
    var (begins, ends): ([Bool], [Bool]) = ([], [])
    for _ in 0..<2 {
      for part in [StoreOutage.Part.polling, .polling, .following(1), .following(2), .polling] {
        begins.append(outage.fail(part))
      }
      for part in [StoreOutage.Part.polling, .following(1), .following(1), .following(2), .polling] {
        ends.append(outage.recover(part))
      }
    }
    let one = [true, false, false, false, false]
    #expect(begins == one + one)
    let last = [false, false, false, true, false]
    #expect(ends == last + last)
    outage.close()
    let isLogged = outage.fail(.polling)
    #expect(!isLogged, "what fails while the store is closed is no outage")
  }

  @Test("Work that is requested after a round began is part of the next one")
  func work() {
    var work = ReplicaHub.Work()
    var taken = work.take()
    #expect(taken.registers && taken.ticks && !work.isWanted)
    work.registers = true
    work.ticks = true
    taken = work.take()
    #expect(taken.registers && taken.ticks && !work.isWanted)
    work.isClosed = true
    _ = work.take()
    #expect(work.isWanted, "closed is closed")
  }

  @Test("The list for a slow follower is bounded")
  func bounded() {
    var news = ReplicaNews()
    for first in stride(from: Int64(0), to: 200_000, by: 1_000) {
      var more = ReplicaNews()
      more.positions = Set(first..<first + 1_000)
      news.merge(more)
      #expect(news.positions.count <= ReplicaNews.limit)
    }
    #expect(news.isEverything)
  }

  @Test("A reported change is remembered until the second poll after it")
  func reported() {
    var places = ReportedPlaces<Int64>()
    let areNew = (Int64(0)..<200_000).allSatisfy { place in places.insert(place) }
    #expect(areNew)
    var isNew = places.insert(199_999)
    #expect(!isNew)
    places.endPoll()
    isNew = places.insert(199_999)
    #expect(!isNew)
    places.endPoll()
    isNew = places.insert(199_999)
    #expect(isNew)
  }

  @Test("What this replica appended itself isn't reported to its only client again")
  func ownEvents() async throws {
    let token = DeliveryToken()
    let (mine, other) = (
      try await PostgresDeliveryStore(server, schema: schema, isDriven: false),
      try await PostgresDeliveryStore(server, schema: schema, isDriven: false)
    )
    let reports = DeliveryStoreReports()
    _ = try await other.append([callback("before", token: token)])
    try await mine.wait(for: token, reports)
    _ = mine.hub.work.update { $0.take() }
    try await mine.following(reports) {
      // So that the first look is over, and nothing depends on a poll.
      try await reports.key("before")
      try await mine.hub.work.first { $0.registers ? () : nil }
      _ = try await mine.append([callback("own", token: token)])
      _ = try await other.append([callback("after", token: token)])
      try await reports.key("after")
    }
    #expect(reports.callbackCount == 2)
    await mine.close()
    await other.close()
  }

  @Test(
    "What another client in this process writes before it follows, or after that, is reported to the first one"
  )
  func clientsOfOneStore() async throws {
    let store = try await open(isDriven: false)
    let (token, reports) = (DeliveryToken(), DeliveryStoreReports())
    try await store.wait(for: token, reports)
    let news = store.hub.add(reports.interests).news
    let take = {
      news.update { news in
        defer { news = ReplicaNews() }
        return news
      }
    }
    #expect(take().isEverything)
    _ = try await store.append([callback("its own, for all that the store knows", token: token)])
    #expect(take().isEmpty)
    let second = store.hub.add(DeliveryStoreReports().interests).id
    #expect(take().isEverything)
    _ = try await store.append([callback("1", token: token)])
    #expect(take().events.map(\.event.deduplicationKey) == ["1"])
    // It may still write what it has begun.
    store.hub.remove(second)
    _ = try await store.append([callback("2", token: token)])
    #expect(take().events.map(\.event.deduplicationKey) == ["2"])
    await store.close()
  }
}
#endif
