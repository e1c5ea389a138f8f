internal import ArgumentParser
internal import HTTPTypes
internal import Smooven
internal import SmoovenSupport

/// A URL to POST to: unlike a base URL it may have a user, a password and a query, and keeps a slash at its end.
struct TargetURL: Sendable {
  let endpoint: BaseURL
  /// The path and the query.
  let path: String
  private let authorization: String?

  /// Reads a URL.
  ///
  /// - Throws: `ValidationError` that names the option, and repeats nothing of the URL.
  init(_ text: String, option: String) throws(ValidationError) {
    let (url, authorization) = URLCredentials.split(text)
    let base = url.prefix { $0 != "?" }
    let query = url.dropFirst(base.count)
    // Nothing is trimmed, because a slash at the end counts.
    guard url.unicodeScalars.allSatisfy({ ("!"..."~").contains($0) }), !query.contains("#") else {
      throw ValidationError(
        "\(option): a URL has no white space and no fragment, and its other characters are percent-encoded"
      )
    }
    do {
      endpoint = try BaseURL(String(base), setting: option)
    } catch {
      throw ValidationError(error.message)
    }
    let slash = endpoint.path.isEmpty || base.hasSuffix("/") ? "/" : ""
    path = endpoint.path + slash + query
    self.authorization = authorization
  }

  /// Indicates whether it names a server and no place on it.
  var isRoot: Bool { path == "/" }

  /// Returns the head of a POST.
  ///
  /// - Parameters:
  ///   - path: The path, if not the URL's.
  ///   - query: What to add to its query, without a question mark.
  ///   - headerFields: The header fields. User and password of the URL replace their `Authorization`.
  /// - Returns: The head.
  func post(path: String? = nil, query: Substring = "", _ headerFields: HTTPFields) -> HTTPRequest {
    var path = path ?? self.path
    if !query.isEmpty { path += (path.contains("?") ? "&" : "?") + query }
    var head = HTTPRequest(
      method: .post,
      scheme: endpoint.scheme,
      authority: endpoint.authority,
      path: path,
      headerFields: headerFields
    )
    if let authorization { head.headerFields[.authorization] = authorization }
    return head
  }
}
