package import HTTPTypes
internal import SmoovenSupport

/// Removes from a request what authenticates it, before it is kept or shown.
///
/// The one rule for the journal and for captured requests.
package enum RequestRedaction {
  /// The text in the place of what was removed.
  package static let placeholder = "[redacted]"

  /// Parts of the names of header fields that hold a secret.
  private static let secretNames = [
    "authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "credential", "session",
    // These repeat the path and the query, possibly with another prefix.
    "referer", "-url", "-uri",
  ]

  /// Parts of paths behind which there's a token.
  private static let secretPaths = ["/\(CallbackRoute.root)/", "/\(AnswerPage.path)/"]

  /// Removes the secrets of a head: its path, its query and its header fields.
  package static func head(_ head: HTTPRequest) -> HTTPRequest {
    var head = head
    head.path = head.path.map(path)
    if let authority = head.authority, let at = authority.lastIndex(of: "@") {
      head.authority = placeholder + authority[at...]
    }
    guard head.headerFields.contains(where: isSecret) else { return head }
    var fields = HTTPFields()
    for var field in head.headerFields {
      if isSecret(field) { field.value = placeholder }
      fields.append(field)
    }
    head.headerFields = fields
    return head
  }

  /// Indicates whether something was removed from a head.
  package static func isRedacted(_ head: HTTPRequest) -> Bool {
    head.path?.contains(placeholder) == true || head.headerFields.contains { $0.value == placeholder }
  }

  /// Indicates whether the value of a header field is a secret, or a path that may hold a token.
  private static func isSecret(_ field: HTTPField) -> Bool {
    isSecret(field.name) || secretPaths.contains { field.value.containsBytes(of: $0) }
  }

  /// Indicates whether the value of a header field is a secret by its name.
  package static func isSecret(_ name: HTTPField.Name) -> Bool {
    let text = name.canonicalName
    return secretNames.contains { text.containsBytes(of: $0) }
  }

  /// Removes the query, and what may be a token: the last part behind an endpoint's name or `answers`, and every long part
  /// that a token could be.
  package static func path(_ path: String) -> String {
    let end = path.firstIndex { $0 == "?" || $0 == "#" } ?? path.endIndex
    var parts = path[..<end].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    for index in parts.indices where isToken(index, parts) {
      if !parts[index].isEmpty { parts[index] = placeholder }
    }
    return parts.joined(separator: "/") + (end == path.endIndex ? "" : "?\(placeholder)")
  }

  private static func isToken(_ index: Int, _ parts: [String]) -> Bool {
    if index >= 1, parts[index - 1] == CallbackRoute.root { return false }
    if index >= 1, parts[index - 1] == AnswerPage.path { return true }
    return (index >= 2 && parts[index - 2] == CallbackRoute.root) || parts[index].utf8.count >= 16
  }
}
