import Foundation
internal import HTTPTypes
internal import Smooven

/// A diagnosis that looks for the classic mistakes behind a signature that doesn't match.
struct Diagnosis {
  let provider: String
  let secrets: [Secret]
  let request: CallbackRequest
  let now: Date

  /// The mistakes that were found, or what to check.
  var hints: [String] {
    let found = changedBodies.filter { matches($0.body, secrets) }.map(\.hint) + otherKinds
    return found.isEmpty
      ? [
        "neither a re-serialised body nor a secret of another kind explains it: is it another endpoint's secret?"
      ]
      : found
  }

  private func matches(_ body: [UInt8], _ secrets: [Secret]) -> Bool {
    guard let provider = try? ProviderFactory.make(provider, secrets: secrets) else { return false }
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

  private var changedBodies: [(body: [UInt8], hint: String)] {
    let body = request.body
    var variants: [(body: [UInt8], hint: String)] = [
      (body + [0x0A], "a line feed at the end of the body was lost: keep the bytes as they came")
    ]
    var trimmed = body[...]
    while let last = trimmed.last, last == 0x0A || last == 0x0D || last == 0x20 { trimmed.removeLast() }
    if trimmed.count < body.count {
      variants.append(
        (Array(trimmed), "the body has white space at its end that was not sent: an editor added it")
      )
    }
    for (bytes, how) in serialisations {
      variants.append(
        (bytes, "the body was re-serialised (\(how)): verify the raw bytes, before any parsing")
      )
    }
    return variants
  }

  private var serialisations: [(bytes: [UInt8], how: String)] {
    guard let object = try? JSONSerialization.jsonObject(with: Data(request.body)) else { return [] }
    let options: [(JSONSerialization.WritingOptions, String)] = [
      ([.withoutEscapingSlashes], "compact"),
      ([.sortedKeys, .withoutEscapingSlashes], "compact, keys sorted"),
      ([.prettyPrinted, .withoutEscapingSlashes], "indented"),
    ]
    var texts = options.compactMap { option, how in
      (try? JSONSerialization.data(withJSONObject: object, options: option)).map { (Array($0), how) }
    }
    // Without a parser, the order of the keys stays the same, which is what most senders sign.
    texts.append((JSONSpacing.removed(from: request.body), "spaces added"))
    texts.append((JSONSpacing.spread(in: request.body), "spaces removed"))
    return texts
  }

  private var otherKinds: [String] {
    var hints: [String] = []
    for (index, secret) in secrets.enumerated() {
      for (text, hint) in readings(of: secret.exposedText) where matches(request.body, [Secret(text)]) {
        hints.append("secret \(index + 1) is of another kind: \(hint)")
      }
    }
    return hints
  }

  private func readings(of text: String) -> [(text: String, hint: String)] {
    var readings = [(text.trimmingCharacters(in: .whitespacesAndNewlines), "it has white space around it")]
    if let underscore = text.lastIndex(of: "_") {
      readings.append(
        (String(text[text.index(after: underscore)...]), "its prefix does not belong to the key")
      )
    }
    readings.append(
      ("whsec_" + Data(text.utf8).base64EncodedString(), "its text is the key, not base64 of the key")
    )
    if let decoded = Data(base64Encoded: text), let plain = String(data: decoded, encoding: .utf8) {
      readings.append((plain, "it must be decoded from base64 first"))
    }
    for prefix in ["whsec_", "pingram_whsecret_", "pingram_whsec_"] where !text.hasPrefix(prefix) {
      readings.append((prefix + text, "its prefix \(prefix) is missing"))
    }
    return readings.filter { $0.0 != text }
  }
}
