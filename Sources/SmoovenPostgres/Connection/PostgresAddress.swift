#if PostgresSupport
internal import Smooven

/// The address of a server, as a URL that libpq reads, along with our own parameters.
///
/// It's never printed in full.
struct PostgresAddress: Sendable {
  /// The URL without our own parameters.
  private let url: String
  private let secrets: [String]
  /// The host and the database, for messages.
  let place: String

  /// Creates an address.
  ///
  /// - Throws: `DeliveryStoreError` if libpq can't read it.
  init(_ url: String) throws(DeliveryStoreError) {
    guard let found = LibPQ.parameters(of: url) else {
      throw DeliveryStoreError(
        .unavailable,
        "the URL of the database can't be read; it's written postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and special characters in it are percent-encoded"
      )
    }
    self.url = url
    secrets = ["password", "sslpassword", "passfile"].compactMap { found[$0] }.filter { !$0.isEmpty }
    let host = found["host"] ?? found["hostaddr"] ?? "localhost"
    place = "PostgreSQL at \(host)" + (found["dbname"].map { "/\($0)" } ?? "")
  }

  /// The parameters of a connection, in which the URL's own parameters override those before them.
  var parameters: [(String, String)] {
    [
      ("connect_timeout", "10"), ("fallback_application_name", "smooven"), ("keepalives_idle", "15"),
      ("keepalives_interval", "5"), ("keepalives_count", "3"), ("tcp_user_timeout", "20000"),
      ("target_session_attrs", "read-write"), ("dbname", url), ("client_encoding", "UTF8"),
    ]
  }

  /// Returns a message of libpq without the secrets of the address.
  func withoutSecrets(_ message: String) -> String {
    secrets.reduce(message) { text, secret in
      text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
    }
  }
}
#endif
