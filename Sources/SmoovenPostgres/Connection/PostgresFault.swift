#if PostgresSupport
internal import Smooven

/// A fault of a statement or a connection.
///
/// It contains no value of a statement and no secret of an address.
struct PostgresFault: Error, Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    /// The connection couldn't be established, or was lost, so that it's unknown whether the last statements were
    /// carried out.
    case connection
    /// The server refused the statement.
    case statement
    /// An earlier statement of the same pipeline failed.
    case aborted
  }

  let kind: Kind
  /// The five characters of SQLSTATE, if the server sent them.
  let state: String?
  let message: String

  init(_ kind: Kind, state: String? = nil, message: String) {
    self.kind = kind
    self.state = state
    self.message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  var asLostConnection: PostgresFault { PostgresFault(.connection, state: state, message: message) }

  /// Whether the same transaction may succeed if it's retried, after a deadlock, a conflict, or a lock of another
  /// replica.
  var mayPass: Bool {
    kind == .statement && ["40001", "40P01", "55P03", "57014"].contains(state)
  }

  /// Whether this connection will never write again, because it leads to a standby.
  var isReadOnly: Bool { state == "25006" }

  /// Whether another statement would fail in the same way.
  var concernsAll: Bool {
    guard kind == .statement, let state else { return kind == .connection }
    // Resources, operator intervention, system errors, missing rights, missing tables, and read-only servers.
    return ["53", "57", "58", "XX"].contains(String(state.prefix(2)))
      || ["42501", "42P01", "3F000", "25006"].contains(state)
  }

  /// Returns the error for a caller.
  func error(_ place: String) -> DeliveryStoreError {
    DeliveryStoreError(.unavailable, "\(place): \(words)", cause: self)
  }

  private var words: String {
    if kind == .connection {
      return "\(message); check that the server runs and can be reached, and the store continues on its own"
    }
    switch state {
    case "42501": return "\(message); grant the role the rights to the schema"
    case "42P01", "3F000": return "\(message); the tables were removed, so start again to create them"
    case "25006": return "the server is a read-only standby; name the primary"
    case "53100": return "the server's disk is full; free some space, and the store continues on its own"
    case "40001", "40P01", "55P03", "57014":
      return "another replica held a lock for too long; try again"
    default: return "\(message) (\(state ?? "unknown"))"
    }
  }
}
#endif
