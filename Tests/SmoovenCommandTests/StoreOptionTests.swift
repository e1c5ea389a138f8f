import ArgumentParser
import Testing

@testable import SmoovenCommand

@Suite("--store", .timeLimit(.minutes(1))) struct StoreOptionTests {
  @Test("Anything but sqlite:PATH is a usage error", arguments: ["", "sqlite:", "smooven.db", "redis:local"])
  func malformed(store: String) {
    #expect(throws: (any Error).self) {
      try SmoovenCommand.parseAsRoot(["listen", "--provider", "smooven", "--store", store])
    }
  }

  #if SQLiteSupport
  @Test("A file is taken") func file() throws {
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
}
