/// A member of an object, as far as the envelope of a callback needs it.
enum JSONMember {
  case absent
  case null
  case string(String)
  case other

  var string: String? {
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
  /// Reads a value: a string is taken, anything else is checked and passed by.
  mutating func scanMember() throws(JSONParsingError) -> JSONMember {
    if current == UInt8(ascii: "\"") { return .string(string(try scanString())) }
    let isNull = current == UInt8(ascii: "n")
    try skipValue()
    return isNull ? .null : .other
  }
}
