/// A member of an object, as far as the envelope of a callback needs it.
enum JSONMember {
  case absent
  case null
  case string(JSONScanner.Text)
  case other

  var text: JSONScanner.Text? {
    if case .string(let text) = self { text } else { nil }
  }

  /// Whether something stands there, be it of another type than documented.
  var isPresent: Bool {
    switch self {
    case .absent, .null: false
    case .string, .other: true
    }
  }
}

extension JSONScanner {
  /// Reads a value: a string is found, anything else is checked and passed by.
  mutating func scanMember() throws(JSONParsingError) -> JSONMember {
    if current == UInt8(ascii: "\"") { return .string(try scanString()) }
    let isNull = current == UInt8(ascii: "n")
    try skipValue()
    return isNull ? .null : .other
  }

  /// The text of a member that is a string.
  func string(_ member: JSONMember) -> String? {
    member.text.map { string($0) }
  }

  /// Whether a string says this, which is ASCII.
  @inline(__always)
  func matches(_ text: Text, _ expected: String) -> Bool {
    guard text.isPlain else { return string(text) == expected }
    guard text.range.count == expected.utf8.count else { return false }
    var position = text.range.lowerBound
    for byte in expected.utf8 {
      guard bytes[position] == byte else { return false }
      position += 1
    }
    return true
  }
}
