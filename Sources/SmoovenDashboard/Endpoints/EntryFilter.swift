internal import SmoovenCallbacks

/// Words that an entry must all have: of its kind, title, detail, names, provider, channel, recipient, status or body.
struct EntryFilter: Equatable {
  private let words: [String]

  init(_ text: String) {
    words = text.prefix(200).lowercased().split { $0.isWhitespace }.prefix(10).map(String.init)
  }

  var isEmpty: Bool { words.isEmpty }

  /// Indicates whether an entry has all words.
  ///
  /// - Parameters:
  ///   - entry: The entry, as JSON that the page shows.
  ///   - body: Returns the text of its request's body, as it's shown; called only if the entry itself lacks a word.
  /// - Returns: `true` if no word is missing.
  func matches(_ entry: JSONValue, body: () -> String?) -> Bool {
    let line = Self.keys.compactMap { Self.text(entry[$0]) }.joined(separator: "\n").lowercased()
    let missing = words.filter { !line.contains($0) }
    guard !missing.isEmpty else { return true }
    guard let body = body()?.lowercased() else { return false }
    return missing.allSatisfy { body.contains($0) }
  }

  private static let keys = [
    "kind", "title", "detail", "names", "provider", "channel", "person", "status", "tone",
  ]

  private static func text(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .array(let values): values.compactMap(text).joined(separator: "\n")
    default: nil
    }
  }
}
