#if PostgresSupport
import ArgumentParser
import Foundation
import Logging
import Smooven
import TestSupport
import Testing

@testable import SmoovenCommand
@testable import SmoovenPostgres

@Suite("PostgreSQL: opening", .enabled(if: PostgresServer.isAvailable), .timeLimit(.minutes(2)))
struct OpeningTests {
  private let server: PostgresServer

  init() throws { server = try PostgresServer.shared.get() }

  @Test("Tables of a newer version are refused with a clear error, and not changed")
  func newer() async throws {
    let schema = newSchema()
    let store = try await PostgresDeliveryStore(server, schema: schema)
    await store.close()
    try server.sql("INSERT INTO \(store.tables("migration")) (version) VALUES (99)")
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await PostgresDeliveryStore(server, schema: schema)
    }
    #expect(error?.message.contains("newer version") == true)
  }

  @Test("A replica of the previous version continues after an upgrade, but can't open the tables again")
  func rollingUpdate() async throws {
    let schema = newSchema()
    let old = try await PostgresDeliveryStore(server, schema: schema)
    let kept = try await old.insertNew(delivery("kept"))
    let connection = try LibPQ(try PostgresAddress(server.url()))
    let migrations = PostgresMigrations(
      tables: old.tables,
      place: old.place,
      later: [["ALTER TABLE \(old.tables("delivery")) ADD COLUMN priority int8 NOT NULL DEFAULT 0"]]
    )
    for _ in 0..<2 { try migrations.run(connection, until: .now.advanced(by: .seconds(30))) }
    #expect(try server.sql("SELECT priority FROM \(old.tables("delivery"))").count == 1)
    try await old.insertNew(delivery("new"))
    #expect(try await old.replace(kept.delivery, version: kept.version) == kept.version + 1)
    #expect(try await old.append([callback("1")]) == [.stored])
    await old.close()
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await PostgresDeliveryStore(server, schema: schema)
    }
    #expect(error?.message.contains("newer version") == true)
  }

  @Test("Many open a new schema at the same time")
  func together() async throws {
    let schema = newSchema()
    let stores = try await withThrowingTaskGroup(of: PostgresDeliveryStore.self) { group in
      for _ in 0..<8 { group.addTask { try await PostgresDeliveryStore(server, schema: schema) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let isOnce = "SELECT count(*) = max(version) FROM \(stores[0].tables("migration"))"
    #expect(try server.sql(isOnce).first?.bool(0) == true, "each step was taken once")
    for store in stores { await store.close() }
  }

  @Test(
    "A schema may have any name",
    arguments: ["S", "with space", "quo\"ted", "; DROP", "ünï", "a.b", "$smooven$"]
  )
  func names(_ name: String) async throws {
    let schema = "\(name) \(UInt32.random(in: .min ... .max))"
    let store = try await PostgresDeliveryStore(server, schema: schema)
    _ = try await store.append([callback("1")])
    #expect(try await store.usage()?.callbacks == 1)
    await store.close()
  }

  @Test("The role needs no right to create anything once the tables exist")
  func rights() async throws {
    let schema = newSchema()
    let owner = try await PostgresDeliveryStore(server, schema: schema)
    let role = "r\(UInt32.random(in: .min ... .max))"
    for statement in [
      "CREATE ROLE \(role) LOGIN", "GRANT USAGE ON SCHEMA \(owner.tables.schema) TO \(role)",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \(owner.tables.schema) TO \(role)",
    ] { try server.sql(statement) }
    let store = try await PostgresDeliveryStore(
      configuration: PostgresStoreConfiguration(url: server.url(user: role), schema: schema)
    )
    #expect(try await store.append([callback("1")]) == [.stored])
    await store.close()
    await owner.close()
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await PostgresDeliveryStore(
        configuration: PostgresStoreConfiguration(url: server.url(user: role), schema: newSchema())
      )
    }
    #expect(error?.message.contains("grant the role the rights") == true)
  }

  @Test("An encoding other than UTF-8 is refused")
  func encoding() async throws {
    let name = "latin\(UInt32.random(in: .min ... .max))"
    try server.sql("CREATE DATABASE \(name) ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    let url = server.url().replacingOccurrences(of: "///postgres?", with: "///\(name)?")
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await PostgresDeliveryStore(configuration: PostgresStoreConfiguration(url: url))
    }
    #expect(error?.message.contains("UTF8") == true)
  }

  @Test("A URL sets the schema and the listening address, and keeps what libpq reads")
  func parameters() throws {
    var configuration = PostgresStoreConfiguration(
      url: "postgresql://u@h/db?sslmode=require&schema=my%20schema&listen_url=postgresql%3A%2F%2Fother%2Fdb"
    )
    configuration = try configuration.validated()
    #expect(configuration.url == "postgresql://u@h/db?sslmode=require")
    #expect(configuration.schema == "my schema" && configuration.listenURL == "postgresql://other/db")
    #expect(
      try PostgresStoreConfiguration(url: "postgresql://h/db?schema=s").validated().url == "postgresql://h/db"
    )
  }

  @Test(
    "No error repeats a secret of the URL",
    arguments: [
      "postgresql://u:hunter2@127.0.0.1:1/db", "postgresql://u:hunter2%@127.0.0.1/db",
      "postgresql://u:hunter2@127.0.0.1:port/db",
      "postgresql://127.0.0.1:1/db?password=hunter2&sslmode=hunter2",
      "postgresql://u:hunter2@[::1/db", "postgresql://u:hun@hunter2@127.0.0.1:1/db",
      "postgresql://u:hunter2/x@127.0.0.1:1/db", "postgresql://u:1/hunter2@127.0.0.1:1/db",
      "postgresql://u@127.0.0.1:1/db?sslpassword=hunter2&nonsense=hunter2",
    ]
  )
  func secrets(_ url: String) async throws {
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await PostgresDeliveryStore(configuration: PostgresStoreConfiguration(url: url))
    }
    let text = error.map { "\($0) \($0.message) \($0.cause.map { "\($0)" } ?? "")" } ?? "hunter2"
    #expect(!text.contains("hunter2"))
  }

  @Test("However a configuration or a store is printed, its password isn't")
  func printed() async throws {
    let url = server.url() + "&password=hunter2"
    let configuration = PostgresStoreConfiguration(url: url, schema: newSchema(), listenURL: url)
    let store = try await PostgresDeliveryStore(configuration: configuration)
    for value in [configuration, store.configuration, store, try PostgresAddress(url), store.writer] as [Any]
    {
      var dumped = ""
      dump(value, to: &dumped)
      for text in [dumped, "\(value)", String(reflecting: value)] {
        #expect(!text.contains("hunter2"), "\(type(of: value))")
      }
    }
    #expect("\(configuration)".contains("schema t"))
    await store.close()
  }

  @Test("Connecting to a host that doesn't respond fails after the timeout", arguments: [1.5, 30])
  func connectTimeout(seconds: Double) throws {
    let parameters = try PostgresAddress("postgresql://h/db").parameters(timeout: .seconds(seconds))
    #expect(parameters.first { $0.0 == "connect_timeout" }?.1 == (seconds < 2 ? "2" : "30"))
  }

  @Test("The command's store uses the command's logger, and always logs notices and warnings")
  func commandLogger() async throws {
    let options = try StoreOptions.parse(["--store", server.url(schema: newSchema())])
    try await options.withStore(logger: Logger(label: "the command's")) { store in
      #expect((store as? PostgresDeliveryStore)?.configuration.logger?.label == "the command's")
    }
    #expect(try LoggingOptions.parse([]).storeLogger.logLevel == .notice)
    #expect(try LoggingOptions.parse(["--verbose"]).storeLogger.logLevel == .debug)
  }

  @Test("Cursors continue although the server counts its transactions from a lower number")
  func restored() async throws {
    let schema = newSchema()
    let store = try await PostgresDeliveryStore(server, schema: schema)
    _ = try await store.append([callback("1")])
    await store.close()
    // As if the previous server had been a million transactions ahead.
    for (table, column) in [("event", "position"), ("event_key", "position"), ("delivery", "changed")] {
      try server.sql("UPDATE \(store.tables(table)) SET \(column) = \(column) + (1000000::int8 << 20)")
    }
    let next = try await PostgresDeliveryStore(server, schema: schema)
    let before = try #require(try await next.page(after: .beginning, limit: 10).last?.cursor)
    _ = try await next.append([callback("2")])
    #expect(try await next.page(after: before, limit: 10).map(\.event.deduplicationKey) == ["2"])
    await next.close()
  }
}
#endif
