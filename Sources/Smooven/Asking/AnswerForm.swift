internal import SmoovenCallbacks

/// The fields of a submitted form (`application/x-www-form-urlencoded`).
///
/// Parsing is strict, because the answer page is the only sender: each name occurs once, escapes are complete, and the
/// text is UTF-8.
struct AnswerForm: Hashable {
  /// The maximum number of bytes in a body: the longest answer, every byte of it escaped, and an option.
  static let maximumSize = 8_192
  private static let maximumFieldCount = 8

  let fields: [String: String]

  /// Reads a body, or returns `nil` if it isn't a form.
  init?(_ body: [UInt8]) {
    guard body.count <= Self.maximumSize else { return nil }
    var fields: [String: String] = [:]
    for part in body.split(separator: UInt8(ascii: "&")) {
      let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(pair[0]), let value = Self.decoded(pair.count > 1 ? pair[1] : []),
        fields.updateValue(value, forKey: name) == nil, fields.count <= Self.maximumFieldCount
      else { return nil }
    }
    self.fields = fields
  }

  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var rest = bytes.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let high = rest.next(), let low = rest.next(), let value = Hex.decode([high, low])?.first else {
          return nil
        }
        decoded.append(value)
      default: decoded.append(byte)
      }
    }
    return String(validating: decoded, as: UTF8.self)
  }

  /// Returns the form's answer to a question, or `nil` if it contains none or one that wasn't offered.
  func answer(to question: Question) -> (option: String?, text: String?)? {
    let option = fields["option"].flatMap { $0.isEmpty ? nil : $0 }
    if let option, !question.options.contains(option) { return nil }
    let text = Self.plain(fields["text"] ?? "")
    guard text.isEmpty || question.allowsText, text.utf8.count <= Question.maximumReplySize else {
      return nil
    }
    guard option != nil || !text.isEmpty else { return nil }
    return (option, text.isEmpty ? nil : text)
  }

  /// Returns a text without control characters and without white space at its ends, with line feeds as line ends.
  static func plain(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar.properties.generalCategory != .control { scalars.append(scalar) }
    }
    var rest = String(scalars)[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
