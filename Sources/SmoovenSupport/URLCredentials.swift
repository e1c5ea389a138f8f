internal import Foundation

/// The user and password in a URL, which HTTP sends as a header field.
package enum URLCredentials {
  /// Splits user and password from an absolute URL.
  ///
  /// - Returns: The URL without them, and the value of `Authorization` if there were any (RFC 7617).
  package static func split(_ url: String) -> (url: String, authorization: String?) {
    guard let start = url.firstRange(of: "://")?.upperBound else { return (url, nil) }
    let authority = url[start...].prefix { !"/?#".contains($0) }
    guard let at = authority.lastIndex(of: "@") else { return (url, nil) }
    let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let texts = parts.map { $0.removingPercentEncoding ?? String($0) } + (parts.count < 2 ? [""] : [])
    let credentials = Data(texts.joined(separator: ":").utf8).base64EncodedString()
    return ("\(url[..<start])\(url[authority.index(after: at)...])", "Basic \(credentials)")
  }
}
