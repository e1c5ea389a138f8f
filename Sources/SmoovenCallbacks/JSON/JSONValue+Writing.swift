extension JSONValue {
  /// The value as JSON, with keys sorted alphabetically.
  ///
  /// Parsing it with `init(parsing:)` returns an equal value. (`JSONEncoder` writes the number 5.0 as the
  /// integer 5.) What JSON can't represent, such as infinity, becomes `null`.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    write(to: &bytes)
    return bytes
  }

  /// The value as ``bytes``, in a string.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether JSON can represent the whole value, so that it contains no infinity or not-a-number.
  package var isWritable: Bool {
    switch self {
    case .number(let value): value.isFinite
    case .array(let elements): elements.allSatisfy(\.isWritable)
    case .object(let members): members.values.allSatisfy(\.isWritable)
    case .null, .bool, .integer, .string: true
    }
  }

  /// Appends the value as ``bytes``.
  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .number(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
    case .string(let value): Self.write(value, to: &bytes)
    case .array(let elements):
      var separator = UInt8(ascii: "[")
      for element in elements {
        bytes.append(separator)
        element.write(to: &bytes)
        separator = UInt8(ascii: ",")
      }
      bytes += (elements.isEmpty ? "[]" : "]").utf8
    case .object(let members):
      var separator = UInt8(ascii: "{")
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        bytes.append(separator)
        Self.write(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        value.write(to: &bytes)
        separator = UInt8(ascii: ",")
      }
      bytes += (members.isEmpty ? "{}" : "}").utf8
    }
  }

  /// Appends a string with its quotation marks.
  package static func write(_ string: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    let start = bytes.count
    bytes += string.utf8
    if needsEscapes(bytes[start...], besides: UInt8(ascii: "\\"), UInt8(ascii: "\"")) {
      bytes.removeSubrange(start...)
      for byte in string.utf8 { writeEscaped(byte, to: &bytes) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Returns whether a text contains control characters or one of two other bytes.
  ///
  /// It doesn't stop early and has no branches, so that many bytes are compared at the same time.
  static func needsEscapes(_ text: ArraySlice<UInt8>, besides first: UInt8, _ second: UInt8? = nil) -> Bool {
    let second = second ?? first
    var found: UInt8 = 0
    for byte in text { found |= (byte < 0x20 ? 1 : 0) | (byte == first ? 1 : 0) | (byte == second ? 1 : 0) }
    return found != 0
  }

  private static func writeEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    case ..<0x20:
      // JSON requires escapes here, and SQLite ends a text at the first zero byte.
      bytes += "\\u00".utf8
      bytes += (byte < 0x10 ? "0" : "").utf8
      bytes += String(byte, radix: 16).utf8
    default: bytes.append(byte)
    }
  }
}
