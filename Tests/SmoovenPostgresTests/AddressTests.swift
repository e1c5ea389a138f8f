#if PostgresSupport
import Smooven
import SmoovenTesting
import Testing

@testable import SmoovenPostgres

@Suite("PostgreSQL: addresses", .timeLimit(.minutes(2)))
struct AddressTests {
  private static let pieces = [
    "@", "/", "?", "#", "&", "=", ":", ",", ";", "[", "]", "%", "%40", "%00", "%zz", " ", "\\", "'", "+",
    "\0", "\n",
    "\u{301}", "é", "1", "5432", "//", "://", "postgresql://", "schema=", "listen_url=", "user=", "host=",
    "hostaddr=",
    "port=", "dbname=", "password=", "sslmode=", "127.0.0.1", "::1", "@\u{301}", "/\u{301}", "?\u{301}",
  ]

  /// Returns everything that a configuration with a URL shows or says, and what it takes from the URL.
  private func texts(_ url: String) -> (address: PostgresAddress?, texts: [String]) {
    let configuration = PostgresStoreConfiguration(url: url)
    var texts = ["\(configuration)"]
    do {
      let valid = try configuration.validated()
      let address = try PostgresAddress(valid.url)
      texts += ["\(valid)", valid.schema, valid.listenURL ?? "", address.place, "\(address)"]
      return (address, texts)
    } catch {
      return (nil, texts + ["\(error) \(error.message) \(error.cause.map { "\($0)" } ?? "")"])
    }
  }

  @Test(
    "No part of a password is mistaken for another part of the URL, whatever it contains",
    arguments: [
      "", "?schema=s", "?sslmode=disable&application_name=agent",
    ]
  )
  func hostilePasswords(tail: String) throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    var readableCount = 0
    for _ in 0..<10_000 {
      var password = ""
      for half in ["sesame", "hunter2"] {
        for _ in 0..<Int.random(in: 0...3, using: &random) {
          password += Self.pieces.randomElement(using: &random) ?? ""
        }
        password += half
      }
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        password += Self.pieces.randomElement(using: &random) ?? ""
      }
      let url = "postgresql://u:\(password)@127.0.0.1:1/db\(tail)"
      var (address, texts) = texts(url)
      if let address {
        readableCount += 1
        #expect(address.place == "PostgreSQL at 127.0.0.1/db", "seed \(seed)")
        // Nothing listens there, so the message is libpq's.
        if readableCount % 20 == 0 {
          let fault = #expect(throws: PostgresFault.self) { try LibPQ(address, timeout: .seconds(2)) }
          texts += [fault.map { "\($0)" } ?? ""]
        }
      }
      for text in texts {
        #expect(!text.contains("sesame") && !text.contains("hunter2"), "seed \(seed): \(text)")
      }
    }
    #expect(readableCount > 500, "seed \(seed)")
  }

  @Test(
    "A part of a password is neither mistaken for our own parameter nor for a host",
    arguments: [
      "u:x?hunter2@tail@h/db", "u:a@b?schema=hunter2@h/db", "u:a@b?listen_url=hunter2@h/db",
      "u:a@b?user=hunter2@h/db", "u:1/b?user=hunter2@h/db", "u:a@\u{301}hunter2@h/db", "u:a@b%40hunter2/db",
      "u:1\0hunter2@h/db", "u:p?@hunter2,@h/db",
    ]
  )
  func refused(_ rest: String) {
    let (address, texts) = texts("postgresql://\(rest)")
    #expect(address == nil && texts.allSatisfy { !$0.contains("hunter2") && !$0.contains("tail") })
  }

  @Test(
    "A question mark in a password is a part of it",
    arguments: ["a?schema=b", "x?hunter2", "?", "a?b?c=d&e"]
  )
  func questionMarks(_ password: String) throws {
    let configuration = try PostgresStoreConfiguration(
      url: "postgres://u:\(password)@h/db?schema=s&sslmode=disable"
    )
    .validated()
    #expect(configuration.schema == "s")
    let found = try #require(LibPQ.parameters(of: configuration.url))
    #expect(found["password"] == password && found["host"] == "h" && found["sslmode"] == "disable")
  }

  @Test(
    "Parts of a URL that can't belong to a password may contain a bare @",
    arguments: [
      "postgresql:///db?user=me@server", "postgresql://h/db?user=me@server", "postgresql://%40socket/db",
      "postgresql://h1:1,h2:2/db", "postgresql://u:p@[::1]:5432/db",
    ]
  )
  func readable(_ url: String) throws {
    _ = try PostgresAddress(url)
  }

  @Test(
    "What isn't a URL is refused",
    arguments: ["host=h password=hunter2", "", "POSTGRESQL://h", "mysql://h/db"]
  )
  func noURL(_ text: String) {
    #expect(throws: DeliveryStoreError.self) { try PostgresAddress(text) }
  }
}
#endif
