#if PostgresSupport
internal import Foundation
internal import Smooven

/// The URL of a database, split where libpq splits it: what libpq reads, and our own parameters.
///
/// It's never printed.
struct PostgresURL: Sendable {
  /// The error for a URL that can't be read, which repeats no part of it.
  static let unreadable = DeliveryStoreError(
    .unavailable,
    """
    the URL of the database can't be read; it's written postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and special \
    characters in it are percent-encoded, such as @ as %40
    """
  )

  /// The URL without our own parameters, which libpq would refuse.
  let text: String
  let schema: String?
  let listenURL: String?

  /// Splits a URL.
  ///
  /// - Throws: `DeliveryStoreError` if libpq might take a part of its password for something else.
  init(_ url: String) throws(DeliveryStoreError) {
    // As libpq does, it ignores which characters combine with those before them.
    let all = url.unicodeScalars
    let isURL = ["postgresql://", "postgres://"].contains { all.starts(with: $0.unicodeScalars) }
    // libpq would read only what is before a zero byte.
    guard isURL, !all.contains("\0"), let scheme = all.firstRange(of: "://".unicodeScalars) else {
      throw Self.unreadable
    }
    let rest = all[scheme.upperBound...]
    let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
    // A password ends at the first `@`. If a `/` is before that, there is no password.
    let hasUser = parts.count == 2 && !parts[0].contains("/")
    let mayHavePassword = parts[0].prefix { $0 != "/" }.contains(":")
    guard parts.count == 1 || hasUser || parts.count == 2 && !mayHavePassword else { throw Self.unreadable }
    guard let start = (hasUser ? parts[1] : rest).firstIndex(of: "?") else {
      (text, schema, listenURL) = (url, nil, nil)
      return
    }
    var (others, ours): ([Substring.UnicodeScalarView], [String: String]) = ([], [:])
    for parameter in all[all.index(after: start)...].split(separator: "&") {
      let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        String($0)
      }
      if pair.count == 2, ["schema", "listen_url"].contains(pair[0]) {
        ours[pair[0]] = pair[1].removingPercentEncoding ?? pair[1]
      } else {
        others.append(parameter)
      }
    }
    let query = others.map { String($0) }.joined(separator: "&")
    text = String(all[..<start]) + (query.isEmpty ? "" : "?" + query)
    (schema, listenURL) = (ours["schema"], ours["listen_url"])
  }
}
#endif
