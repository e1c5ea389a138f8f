extension Secret {
  /// The reason why this secret can't be a key and how to fix it, or `nil` if it can be one.
  ///
  /// Anyone can sign with an empty key, and a key of a few characters can be guessed offline from a single
  /// captured callback. The other reasons are copying mistakes, with which no signature ever matches.
  package var weakness: String? {
    copyingMistake ?? Self.weakness(ofKeyWith: count)
  }

  static func weakness(ofKeyWith count: Int) -> String? {
    if count == 0 { return "is empty" }
    return count < minimumCount ? "has \(count) bytes; at least \(minimumCount) are needed" : nil
  }

  /// A mistake with characters that were copied along with the key from a web page, a shell, a configuration
  /// file or a header.
  private var copyingMistake: String? {
    let text = exposedText
    let scalars = text.unicodeScalars
    guard let first = scalars.first, let last = scalars.last else { return nil }
    if Self.isInvisible(first) || Self.isInvisible(last) {
      return "begins or ends with white space or an invisible character; copy it again without"
    }
    // A space inside a key may be intentional.
    if scalars.contains(where: { $0 != " " && Self.isInvisible($0) }) {
      return "has a line break or an invisible character in it; copy it again without"
    }
    if Self.isQuotationMark(first) || Self.isQuotationMark(last) {
      return "begins or ends with a quotation mark, which is not part of it; remove the quotation marks"
    }
    if scalars.starts(with: "bearer ".unicodeScalars, by: { $0.properties.lowercaseMapping == String($1) }) {
      return "begins with the word Bearer, which is not part of it; remove the word and the space after it"
    }
    return nil
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    return properties.isWhitespace || properties.isDefaultIgnorableCodePoint
      || properties.generalCategory == .control
  }

  private static func isQuotationMark(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "`" || scalar == "´" || scalar.properties.isQuotationMark
  }
}
