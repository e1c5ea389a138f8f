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
    let url = try PostgresURL(url).text
    guard let found = LibPQ.parameters(of: url), Self.isPlausible(found) else { throw PostgresURL.unreadable }
    self.url = url
    secrets = ["password", "sslpassword", "passfile"].compactMap { found[$0] }.filter { !$0.isEmpty }
    let host = found["host"] ?? found["hostaddr"] ?? "localhost"
    place = "PostgreSQL at \(host)" + (found["dbname"].map { "/\($0)" } ?? "")
  }

  /// Whether no host and no port looks like a part of a password.
  private static func isPlausible(_ found: [String: String]) -> Bool {
    let items = { (name: String) in (found[name] ?? "").unicodeScalars.split(separator: ",") }
    // The name of an abstract socket begins with an `@`.
    return items("host").allSatisfy { !$0.dropFirst().contains("@") }
      && items("port").allSatisfy { $0.allSatisfy { ("0"..."9").contains($0) } }
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
