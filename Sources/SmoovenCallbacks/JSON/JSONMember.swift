/// A member of an object, as far as the envelope of a callback needs it.
enum JSONMember {
  case absent
  case null
  case string(JSONScanner.Text)
  case number(at: Int)
  case object(at: Int)
  case other

  var text: JSONScanner.Text? {
    if case .string(let text) = self { text } else { nil }
  }

  /// Whether something stands there, be it of another type than documented.
  var isPresent: Bool {
    switch self {
    case .absent, .null: false
    case .string, .number, .object, .other: true
    }
  }
}

extension JSONScanner {
  /// Reads a value: a string is found, anything else is checked and passed by.
  mutating func scanMember() throws(JSONParsingError) -> JSONMember {
    let (first, offset) = (current, position)
    if first == UInt8(ascii: "\"") { return .string(try scanString()) }
    try skipValue()
    switch first {
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "{"): return .object(at: offset)
    case UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"): return .other
    default: return .number(at: offset)
    }
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
