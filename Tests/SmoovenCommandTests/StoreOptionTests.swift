import ArgumentParser
import Logging
import Smooven
import Testing

@testable import SmoovenCommand

@Suite("--store", .timeLimit(.minutes(1))) struct StoreOptionTests {
  @Test(
    "Anything but sqlite:PATH and postgresql://… is a usage error",
    arguments: ["", "sqlite:", "smooven.db", "redis:local", "postgresql:db", "Postgres://host/db"]
  )
  func malformed(store: String) {
    #expect(throws: (any Error).self) {
      try SmoovenCommand.parseAsRoot(["listen", "--provider", "smooven", "--store", store])
    }
  }

  #if SQLiteSupport
  @Test("A file is accepted") func file() throws {
    let command = try SmoovenCommand.parseAsRoot([
      "listen", "--provider", "smooven", "--store", "sqlite:smooven.db",
    ])
    #expect((command as? ListenCommand)?.storage.store == "sqlite:smooven.db")
  }
  #else
  @Test("A build without the trait says so") func absent() {
    let error = #expect(throws: (any Error).self) {
      try SmoovenCommand.parseAsRoot(["listen", "--provider", "smooven", "--store", "sqlite:smooven.db"])
    }
    let message = error.map { SmoovenCommand.message(for: $0) } ?? ""
    #expect(message.contains("SQLiteSupport"))
  }
  #endif

  #if PostgresSupport
  @Test("A database is accepted", arguments: ["postgres://host/db", "postgresql://u:p@host/db?schema=s"])
  func database(url: String) throws {
    let command = try SmoovenCommand.parseAsRoot(["listen", "--provider", "smooven", "--store", url])
    #expect((command as? ListenCommand)?.storage.store == url)
  }

  @Test("A database that can't be reached is an error without its password") func unreachable() async throws {
    let options = try StoreOptions.parse(["--store", "postgresql://u:hunter2@127.0.0.1:1/db"])
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await options.withStore(logger: Logger(label: "test")) { _ in }
    }
    #expect(error.map { "\($0)\($0.cause.map { "\($0)" } ?? "")" }?.contains("hunter2") == false)
    #expect(error?.message.contains("127.0.0.1") == true)
  }
  #else
  @Test("A build without PostgreSQL says how to build with it") func noDatabase() {
    let error = #expect(throws: (any Error).self) {
      try SmoovenCommand.parseAsRoot(["listen", "--provider", "smooven", "--store", "postgres://host/db"])
    }
    let message = error.map { SmoovenCommand.message(for: $0) } ?? ""
    #expect(message.contains("swift build --traits default,PostgresSupport"))
  }
  #endif
}
