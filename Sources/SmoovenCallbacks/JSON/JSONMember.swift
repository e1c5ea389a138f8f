/// A member of an object, in as much detail as decoding a callback needs.
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

  /// Whether the value exists and isn't `null`, whatever its type.
  var isPresent: Bool {
    switch self {
    case .absent, .null: false
    case .string, .number, .object, .other: true
    }
  }
}

extension JSONScanner {
  /// Reads a value: locates a string, and checks and skips anything else.
  mutating func scanMember() throws(JSONParsingError) -> JSONMember {
    let (first, offset) = (current, position)
    switch first {
    case UInt8(ascii: "\""): return .string(try scanString())
    case .some(let byte) where isNumber(byte):
      // A number out of the range of `Double` is its text, as everywhere else.
      guard case .string = try scanNumber() else { return .number(at: offset) }
      return .string(Text(range: offset..<position, isPlain: true))
    default: try skipValue()
    }
    switch first {
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "{"): return .object(at: offset)
    default: return .other
    }
  }

  /// Returns the text of a member that is a string.
  func string(_ member: JSONMember) -> String? {
    member.text.map { string($0) }
  }

  /// Returns whether a string equals an ASCII text.
  @inline(__always)
  func matches(_ text: Text, _ expected: String) -> Bool {
    guard text.isPlain else { return string(text) == expected }
    guard text.range.count == expected.utf8.count else { return false }
    var expected = expected
    return expected.withUTF8 { expected in
      let start = text.range.lowerBound
      return (0..<expected.count).allSatisfy { unsafe bytes[start + $0] == expected[$0] }
    }
  }
}
