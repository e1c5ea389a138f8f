package import Foundation
internal import HTTPTypes

/// The search for the reason why a signature doesn't match.
///
/// It tries what tools commonly do to a body and how people copy keys. What it doesn't find may still be so.
package struct SignatureDiagnosis: Sendable {
  /// The reason, if one was found, and otherwise what was searched and what may still be.
  package let hints: [String]
  /// Indicates whether the reason was found.
  package let isExplained: Bool

  /// Searches.
  ///
  /// - Parameters:
  ///   - request: The request, whose signature matches no secret.
  ///   - secrets: The secrets.
  ///   - now: The time of the verification.
  ///   - makeProvider: Creates the provider with other secrets; returns `nil` if it can't.
  package init(
    of request: CallbackRequest,
    secrets: [Secret],
    at now: Date,
    makeProvider: ([Secret]) -> (any CallbackProvider)?
  ) {
    func matches(_ provider: (any CallbackProvider)?, _ body: [UInt8]) -> Bool {
      guard let provider else { return false }
      var request = request
      request.body = body
      do {
        try provider.verify(request, at: now)
        return true
      } catch {
        // The signature is checked before the age.
        return error.code == .tooOld || error.code == .tooNew
      }
    }
    let provider = makeProvider(secrets)
    let search = BodyVariants(body: request.body).first { matches(provider, $0) }
    if let variant = search.found {
      (hints, isExplained) = ([variant.hint], true)
      return
    }
    var readingCount = 0
    for (index, secret) in secrets.enumerated() {
      for (text, hint) in Self.readings(of: secret.exposedText) {
        readingCount += 1
        guard matches(makeProvider([Secret(text)]), request.body) else { continue }
        (hints, isExplained) = (["secret \(index + 1) is of another kind: \(hint)"], true)
        return
      }
    }
    isExplained = false
    hints =
      Self.observations(of: request) + [
        """
        the cause was not found: \(search.count) common changes of a body and \(readingCount) ways to copy a secret don't \
        explain it\(search.isWhole ? "" : "; the body is too large to try all changes")
        """,
        """
        it may be another change of the body (numbers rewritten, fields or their order changed), another endpoint's secret, \
        or a forged request: compare the body with what was sent byte by byte, and the secret with the sender's dashboard
        """,
      ]
  }

  /// Returns the unusual properties of a request, whether or not they're the reason.
  private static func observations(of request: CallbackRequest) -> [String] {
    var observations: [String] = []
    let encoding = request.head.headerFields[.contentEncoding]?.lowercased() ?? "identity"
    if request.body.starts(with: [0x1F, 0x8B]) || !["", "identity"].contains(encoding) {
      observations.append("the body is compressed: the signature may be over the bytes before compression")
    }
    if request.body.isEmpty { observations.append("the body is empty: was it saved?") }
    if let length = request.head.headerFields[.contentLength].flatMap({ Int($0) }),
      length != request.body.count
    {
      observations.append("the body has \(request.body.count) bytes, but Content-Length says \(length)")
    }
    return observations
  }

  /// The keys that a text may represent.
  private static func readings(of text: String) -> [(text: String, hint: String)] {
    var readings: [(String, String)] = []
    let trimmed = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    readings.append((trimmed, "it has white space around it"))
    if let underscore = text.lastIndex(of: "_") {
      let rest = String(text[text.index(after: underscore)...])
      readings.append((rest, "its prefix doesn't belong to the key"))
    }
    let encoded = Data(text.utf8).base64EncodedString()
    readings.append(("whsec_" + encoded, "its text is the key, not base64 of the key"))
    if let decoded = Data(base64Encoded: text), let plain = String(data: decoded, encoding: .utf8) {
      readings.append((plain, "it must be decoded from base64 first"))
    }
    for prefix in ["whsec_", "pingram_whsecret_", "pingram_whsec_"] where !text.hasPrefix(prefix) {
      readings.append((prefix + text, "its prefix \(prefix) is missing"))
    }
    return readings.filter { $0.0 != text }
  }
}
