/// A member of an object, in as much detail as decoding a callback needs.
struct JSONMember {
  enum Value {
    case absent
    case null
    case string(JSONScanner.Text)
    case number(at: Int)
    /// The positions of the members of an object and of the objects in it, among all members.
    case object(Range<Int>)
    case other
  }

  let key: JSONScanner.Text
  /// The number of objects and arrays around the member.
  let depth: Int
  let value: Value
}

extension JSONMember.Value {
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
  /// Reads the object that begins at the current position, and appends its members, each after those of the
  /// object that is its value.
  mutating func scanMembers(into members: inout [JSONMember]) throws(JSONParsingError) {
    guard current == UInt8(ascii: "{") else { throw error("expected an object") }
    try enter()
    var isFirst = true
    while let key = try nextKey(isFirst: isFirst) {
      isFirst = false
      let value = try scanValue(into: &members)
      members.append(JSONMember(key: key, depth: depth, value: value))
    }
  }

  /// Reads a value: locates a string or the members of an object, and checks and skips anything else.
  private mutating func scanValue(
    into members: inout [JSONMember]
  ) throws(JSONParsingError) -> JSONMember.Value {
    let start = position
    switch current {
    case UInt8(ascii: "\""): return .string(try scanString())
    case UInt8(ascii: "{"):
      let first = members.count
      try scanMembers(into: &members)
      return .object(first..<members.count)
    case .some(let byte) where isNumber(byte):
      // A number out of the range of `Double` is its text, as everywhere else.
      guard case .string = try scanNumber() else { return .number(at: start) }
      return .string(Text(range: start..<position, isPlain: true))
    case let byte:
      try skipValue()
      return byte == UInt8(ascii: "n") ? .null : .other
    }
  }

  /// Returns the text of a member that is a string.
  func string(_ member: JSONMember.Value) -> String? {
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
