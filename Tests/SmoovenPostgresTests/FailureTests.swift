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

/// What happens if connections and servers fail.
///
/// Each test has its own server.
@Suite("PostgreSQL: failures", .enabled(if: PostgresServer.isAvailable), .serialized, .timeLimit(.minutes(5)))
struct FailureTests {
  /// Appends until it succeeds, as a sender does that gets a 503.
  private func append(
    _ callback: StoredCallback,
    to store: PostgresDeliveryStore
  ) async throws -> AppendResult {
    try await eventually { (try? await store.append([callback]))?.first }
  }

  /// Reads a page once the store has connected again.
  private func page(
    of store: PostgresDeliveryStore,
    after cursor: EventCursor = .beginning
  ) async throws -> [StoredEvent] {
    try await eventually { try? await store.page(after: cursor, limit: 1_000) }
  }

  /// Waits for a token as a client does, for which the store makes up for a watch that failed.
  private func wait(
    for token: DeliveryToken,
    at store: PostgresDeliveryStore,
    _ reports: DeliveryStoreReports
  ) async {
    try? await store.wait(for: token, reports)
  }

  /// Returns what was logged about something.
  private static func lines(
    of logs: InMemoryLogHandler,
    about subject: String,
    _ level: Logger.Level
  ) -> [String] {
    logs.entries.filter { $0.level == level }.map(\.message.description).filter { $0.hasPrefix(subject) }
  }

  @Test("Every connection may be ended at any time")
  func terminated() async throws {
    let server = try PostgresServer()
    defer { server.stop() }
    let schema = newSchema()
    let waiter = try await PostgresDeliveryStore(server, schema: schema)
    let receiver = try await PostgresDeliveryStore(server, schema: schema)
    let reports = DeliveryStoreReports()
    try await waiter.following(reports) {
      // Until each of the two has all of its connections.
      let first = DeliveryToken()
      await wait(for: first, at: waiter, reports)
      _ = try await append(callback("first", token: first), to: receiver)
      try await reports.key("first")
      let connections = """
        FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        """
      let processes = try server.sql("SELECT pid::int8 \(connections)").compactMap { $0.integer(0) }
      #expect(processes.count >= 6, "two that read, two that write, one that listens, and one that notifies")
      // Each of them, and then all that there are.
      for (round, process) in (processes.map(Optional.some) + [nil, nil]).enumerated() {
        let token = DeliveryToken()
        await wait(for: token, at: waiter, reports)
        let choice = process.map { " AND pid = \($0)" } ?? ""
        try server.sql("SELECT pg_terminate_backend(pid) \(connections)\(choice)")
        let result = try await append(callback("\(round)", token: token), to: receiver)
        #expect(result == .stored || result == .duplicate)
        try await reports.key("\(round)")
        #expect(try await page(of: waiter).count == round + 2)
      }
    }
    await waiter.close()
    await receiver.close()
  }

  @Test("A server that crashes loses nothing that was acknowledged, and waits continue")
  func crashed() async throws {
    let server = try PostgresServer([])
    defer { server.stop() }
    let schema = newSchema()
    let waiter = try await PostgresDeliveryStore(server, schema: schema)
    let receiver = try await PostgresDeliveryStore(server, schema: schema)
    let reports = DeliveryStoreReports()
    var acknowledged: [String] = []
    try await waiter.following(reports) {
      for round in 0..<3 {
        let token = DeliveryToken()
        await wait(for: token, at: waiter, reports)
        let stored = Watched<[String]>([])
        let writing = Task {
          for number in 0..<10_000 where !Task.isCancelled {
            let key = "\(round) \(number)"
            guard let results = try? await receiver.append([callback(key)]) else { continue }
            if results == [.stored] { stored.update { $0.append(key) } }
          }
        }
        // In the middle of it.
        try await stored.first { $0.count >= 20 ? () : nil }
        try server.crash()
        writing.cancel()
        await writing.value
        acknowledged += stored.read(\.self)
        _ = try await append(callback("wanted \(round)", token: token), to: receiver)
        try await reports.key("wanted \(round)")
      }
    }
    var stored: Set<String> = []
    var cursor = EventCursor.beginning
    while case let page = try await page(of: receiver, after: cursor), let last = page.last {
      stored.formUnion(page.map(\.event.deduplicationKey))
      cursor = last.cursor
    }
    #expect(!acknowledged.isEmpty && stored.isSuperset(of: acknowledged))
    await waiter.close()
    await receiver.close()
  }

  @Test("A listening connection that is stuck is noticed and logged, and meanwhile polling does its work")
  func halfOpen() async throws {
    let server = try PostgresServer()
    defer { server.stop() }
    let schema = newSchema()
    let logs = InMemoryLogHandler()
    let waiter = try await PostgresDeliveryStore(server, schema: schema) { configuration in
      configuration.timeout = .seconds(2)
      configuration.logger = Logger(label: "test") { _ in logs }
    }
    let receiver = try await PostgresDeliveryStore(server, schema: schema)
    let reports = DeliveryStoreReports()
    try await waiter.following(reports) {
      // Until a notification has arrived, so that the process is known.
      let first = DeliveryToken()
      try await waiter.wait(for: first, reports)
      _ = try await receiver.append([callback("first", token: first)])
      try await reports.key("first")
      // One that only receives says nothing after that.
      let listening = try server.sql("SELECT pid::int8 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
      let processes = listening.compactMap { $0.integer(0).map { pid_t($0) } }
      #expect(!processes.isEmpty)
      for process in processes { kill(process, SIGSTOP) }
      defer { for process in processes { kill(process, SIGCONT) } }
      let second = DeliveryToken()
      try await waiter.wait(for: second, reports)
      let stored = ContinuousClock.now
      _ = try await receiver.append([callback("second", token: second)])
      #expect(try await reports.key("second") - stored < .seconds(3))
      // The probe gets no response, and another connection listens.
      try await until {
        try !server.sql(
          "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND NOT pid::int8 = ANY ($1)",
          [.integers(processes.map { Int64($0) })]
        ).isEmpty
      }
      try await until { !Self.lines(of: logs, about: "LISTEN", .notice).isEmpty }
    }
    #expect(Self.lines(of: logs, about: "LISTEN", .warning).count == 1)
    #expect(Self.lines(of: logs, about: "LISTEN", .notice).count == 1)
    await waiter.close()
    await receiver.close()
  }

  @Test("A replica that stopped in the middle of a transaction blocks the others only briefly")
  func stoppedInTheMiddle() async throws {
    let server = try PostgresServer()
    defer { server.stop() }
    let store = try await PostgresDeliveryStore(server)
    let row = try await store.insertNew(delivery("key"))
    let other = LibPQTransaction(
      try LibPQ(try PostgresAddress(server.url())),
      until: .now.advanced(by: .seconds(60))
    )
    try other.begin()
    _ = try other.run("SELECT set_config('idle_in_transaction_session_timeout', '60000', true)")
    _ = try other.run("SELECT FROM \(store.tables("delivery")) FOR UPDATE")
    // Callbacks don't wait for it at all: it still has the row.
    #expect(try await store.append([callback("1", token: row.delivery.token)]) == [.stored])
    _ = try other.run("SELECT set_config('idle_in_transaction_session_timeout', '2000', true)")
    var changed = row.delivery
    changed.label = "changed"
    #expect(try await store.replace(changed, version: row.version) == row.version + 1)
    // Not because it gave the row back.
    #expect(throws: PostgresFault.self) { try other.run("SELECT 1") }
    await store.close()
  }

  @Test("A long transaction delays the log, but no wait")
  func longTransaction() async throws {
    let server = try PostgresServer()
    defer { server.stop() }
    let schema = newSchema()
    let waiter = try await PostgresDeliveryStore(server, schema: schema) { $0.usesNotifications = false }
    let receiver = try await PostgresDeliveryStore(server, schema: schema)
    let long = try LibPQ(try PostgresAddress(server.url()))
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    _ = try long.run("BEGIN", until: end)
    _ = try long.run("SELECT pg_current_xact_id()", until: end)
    let reports = DeliveryStoreReports()
    try await waiter.following(reports) {
      for number in 0..<3 {
        let token = DeliveryToken()
        try await waiter.wait(for: token, reports)
        _ = try await receiver.append([callback("\(number)", token: token)])
        try await reports.key("\(number)")
        #expect(
          try await receiver.callbacks(
            matching: CallbackLookup(group: "smooven", token: token),
            after: .beginning,
            limit: 10
          ).count == 1
        )
      }
    }
    #expect(try await receiver.page(after: .beginning, limit: 10).isEmpty)
    _ = try long.run("COMMIT", until: end)
    #expect(try await receiver.page(after: .beginning, limit: 10).count == 3)
    await waiter.close()
    await receiver.close()
  }

  @Test(
    "While the database is down, every call fails with a clear error, and one line says so, as when it's back"
  )
  func down() async throws {
    let server = try PostgresServer()
    defer { server.stop() }
    let logs = InMemoryLogHandler()
    let store = try await PostgresDeliveryStore(server) { configuration in
      configuration.url += "&password=hunter2"
      configuration.logger = Logger(label: "test") { _ in logs }
    }
    _ = try await store.append([callback("1")])
    try server.down()
    let error = await #expect(throws: DeliveryStoreError.self) { try await store.append([callback("2")]) }
    #expect(error?.code == .unavailable && error?.message.contains("continues on its own") == true)
    await #expect(throws: DeliveryStoreError.self) { try await store.load(.token(DeliveryToken())) }
    // Without any call: a process that only waits says so too.
    try await until { !Self.lines(of: logs, about: "the store", .warning).isEmpty }
    try server.up("-c listen_addresses= -c unix_socket_directories=\(server.folder)")
    #expect(try await append(callback("1"), to: store) == .duplicate)
    #expect(try await append(callback("2"), to: store) != .tooOld)
    try await until { !Self.lines(of: logs, about: "the store", .notice).isEmpty }
    await store.close()
    #expect(Self.lines(of: logs, about: "the store", .warning).count == 1)
    #expect(Self.lines(of: logs, about: "the store", .notice).count == 1)
    let text = logs.entries.map { "\($0)" }.joined()
    #expect(text.contains("continues on its own") && !text.contains("hunter2"))
    await #expect(throws: DeliveryStoreError.self) { try await store.append([callback("3")]) }
  }
}
#endif
