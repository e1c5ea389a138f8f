#if PostgresSupport
internal import Smooven
internal import SmoovenCallbacks

/// The address of a server, as a URL that libpq reads, along with our own parameters.
///
/// It's never printed in full.
struct PostgresAddress: Sendable, SafelyDescribed {
  /// The URL without our own parameters.
  private let url: String
  private let secrets: [String]
  /// The host and the database, for messages.
  let place: String

  var description: String { place }

  /// Creates an address.
  ///
  /// - Throws: `DeliveryStoreError` if libpq can't read it.
  init(_ url: String) throws(DeliveryStoreError) {
    guard let found = LibPQ.parameters(of: url), !Self.mayLeak(url, found) else {
      throw DeliveryStoreError(
        .unavailable,
        """
        the URL of the database can't be read; it's written postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and special \
        characters in it are percent-encoded
        """
      )
    }
    self.url = url
    secrets = ["password", "sslpassword", "passfile"].compactMap { found[$0] }.filter { !$0.isEmpty }
    let host = found["host"] ?? found["hostaddr"] ?? "localhost"
    place = "PostgreSQL at \(host)" + (found["dbname"].map { "/\($0)" } ?? "")
  }

  /// Whether a part of a password is taken for something else, because it has an `@` or a `/` that isn't encoded.
  private static func mayLeak(_ url: String, _ found: [String: String]) -> Bool {
    let isNumber = { (port: Substring) in port.allSatisfy(\.isNumber) }
    if !(found["port"] ?? "").split(separator: ",").allSatisfy(isNumber) { return true }
    guard let scheme = url.firstRange(of: "://") else { return false }
    let parts = url[scheme.upperBound...].prefix { $0 != "?" }.split(
      separator: "@",
      omittingEmptySubsequences: false
    )
    return parts.count > 2 || parts.count == 2 && parts[0].contains("/")
  }

  /// The parameters of a connection, in which the URL's own parameters override those before them.
  ///
  /// - Parameter timeout: The time for each host.
  /// - Returns: The parameters with their values, in order.
  func parameters(timeout: Duration) -> [(String, String)] {
    let seconds = Int((timeout / .seconds(1)).rounded(.up))
    return [
      ("connect_timeout", "\(seconds)"), ("fallback_application_name", "smooven"), ("keepalives_idle", "15"),
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
