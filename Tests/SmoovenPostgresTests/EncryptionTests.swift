#if PostgresSupport
import Foundation
import Smooven
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenPostgres

/// A server that is reached through TCP with TLS, as the URL's parameters say.
@Suite(
  "PostgreSQL: TLS",
  .enabled(if: PostgresServer.isAvailable),
  .needs(.openssl),
  .timeLimit(.minutes(2))
)
struct EncryptionTests {
  /// A loopback address that no other server uses, so that the port may be the usual one.
  private let address = "127.\((0..<3).map { _ in String(UInt8.random(in: 1...254)) }.joined(separator: "."))"

  /// Starts a server with a certificate for `db.test` that only it trusts.
  private func serving(_ body: (PostgresServer, _ certificate: String) async throws -> Void) async throws {
    let server = try PostgresServer(["fsync=off", "listen_addresses=\(address)"])
    defer { server.stop() }
    let (certificate, key) = ("\(server.folder)/tls.crt", "\(server.folder)/tls.key")
    try PostgresServer.asOwner(
      try #require(SystemProgram.url(of: "openssl")).path,
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=db.test", "-addext", "subjectAltName=DNS:db.test", "-keyout", key, "-out", certificate,
      ]
    )
    for statement in [
      "ALTER SYSTEM SET ssl_cert_file = '\(certificate)'", "ALTER SYSTEM SET ssl_key_file = '\(key)'",
      "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()",
    ] { try server.sql(statement) }
    try await until { try server.sql("SHOW ssl").first?.text(0) == "on" }
    try await body(server, certificate)
  }

  private func url(_ host: String, certificate: String) -> String {
    "postgresql://postgres:hunter2@\(host)/postgres?hostaddr=\(address)&sslmode=verify-full&sslrootcert=\(certificate)"
  }

  @Test("Every connection is encrypted, and waits end as without TLS")
  func encrypted() async throws {
    try await serving { server, certificate in
      let configuration = PostgresStoreConfiguration(
        url: url("db.test", certificate: certificate),
        schema: newSchema()
      )
      let waiter = try await PostgresDeliveryStore(configuration: configuration)
      let receiver = try await PostgresDeliveryStore(configuration: configuration)
      let reports = DeliveryStoreReports()
      try await waiter.following(reports) {
        for number in 0..<3 {
          let token = DeliveryToken()
          try await waiter.wait(for: token, reports)
          #expect(try await receiver.append([callback("\(number)", token: token)]) == [.stored])
          try await reports.key("\(number)")
        }
        let connections = try server.sql(
          """
          SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
          WHERE application_name = 'smooven' AND client_addr IS NOT NULL
          """
        )
        #expect(connections.count >= 6 && connections.allSatisfy { $0.bool(0) == true })
      }
      await waiter.close()
      await receiver.close()
    }
  }

  @Test("A server that isn't the one in the URL is refused, and the error has no secret")
  func wrongServer() async throws {
    try await serving { _, certificate in
      let error = await #expect(throws: DeliveryStoreError.self) {
        try await PostgresDeliveryStore(
          configuration: PostgresStoreConfiguration(url: url("other.test", certificate: certificate))
        )
      }
      let text = "\(try #require(error))"
      #expect(text.contains("certificate") && !text.contains("hunter2"), "\(text)")
    }
  }
}
#endif
