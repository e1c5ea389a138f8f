internal import struct Foundation.Date

/// A JSON object whose members are located in one pass over its bytes.
///
/// Each value is created only when it's read. If a key is repeated, its last value counts, as in
/// ``JSONValue``.
struct JSONOutline {
  private let scanner: JSONScanner
  /// The members of all objects in the body.
  private let members: [JSONMember]
  /// The positions of this object's members and of the members inside them, which are deeper.
  private let positions: Range<Int>
  private let depth: Int

  /// Locates the members of a body.
  ///
  /// - Throws: ``CallbackDecodingError``, which says where the body stops being a JSON object.
  init(_ body: [UInt8]) throws(CallbackDecodingError) {
    var scanner = JSONScanner(body)
    var members: [JSONMember] = []
    members.reserveCapacity(16)
    do {
      scanner.skipWhitespace()
      try scanner.scanMembers(into: &members)
      try scanner.finish()
    } catch {
      throw CallbackRequest.refusal(of: body, error)
    }
    self.init(scanner, members, members.indices, depth: 1)
  }

  private init(_ scanner: JSONScanner, _ members: [JSONMember], _ positions: Range<Int>, depth: Int) {
    self.scanner = scanner
    self.members = members
    self.positions = positions
    self.depth = depth
  }

  private subscript(key: String) -> JSONMember.Value {
    for position in positions.reversed()
    where members[position].depth == depth && scanner.matches(members[position].key, key) {
      return members[position].value
    }
    return .absent
  }

  /// Returns whether a key exists, with any value.
  func has(_ key: String) -> Bool {
    if case .absent = self[key] { false } else { true }
  }

  /// Returns whether a key has a value other than `null`.
  func isPresent(_ key: String) -> Bool { self[key].isPresent }

  /// Returns the string under a key, or `nil` for any other type of value.
  func string(_ key: String) -> String? {
    scanner.string(self[key])
  }

  /// Returns the string under a key, still in the body, or `nil` for any other type of value.
  func text(_ key: String) -> JSONScanner.Text? { self[key].text }

  /// Returns whether a text of the body equals an ASCII text.
  func matches(_ text: JSONScanner.Text, _ expected: String) -> Bool { scanner.matches(text, expected) }

  /// Returns a text of the body without its escapes.
  func string(_ text: JSONScanner.Text) -> String { scanner.string(text) }

  /// Returns the bytes of a text of the body without its escapes.
  func utf8(_ text: JSONScanner.Text) -> ArraySlice<UInt8> { scanner.utf8(text) }

  /// Returns a string field that must exist and not be empty.
  ///
  /// - Throws: ``CallbackDecodingError``, which names the field.
  func requiredString(_ key: String) throws(CallbackDecodingError) -> String {
    guard let text = nonEmptyString(key) else { throw .missing(key) }
    return text
  }

  /// Returns the string under a key, or `nil` if it is empty or of any other type.
  func nonEmptyString(_ key: String) -> String? {
    guard case .string(let text) = self[key], !text.isEmpty else { return nil }
    return scanner.string(text)
  }

  /// Returns the text of a field that may be a string or an integer, as ids are, or `nil` if it is neither or empty.
  func identifier(_ key: String) -> String? {
    switch self[key] {
    case .string(let text): text.isEmpty ? nil : scanner.string(text)
    case .number(let offset): JSONScanner(scanner.bytes, at: offset).integer.map { String($0) }
    case .absent, .null, .object, .other: nil
    }
  }

  /// Returns the instant of a string field that is an RFC 3339 time.
  func time(_ key: String) -> Date? {
    self[key].text.flatMap { RFC3339.parse(scanner.utf8($0)) }
  }

  /// Returns the object under a key, or `nil` for any other type of value.
  func object(_ key: String) -> JSONOutline? {
    guard case .object(let positions) = self[key] else { return nil }
    return JSONOutline(scanner, members, positions, depth: depth + 1)
  }
}

extension JSONScanner {
  /// The integer that begins at the current position, or `nil` if it's another kind of number.
  fileprivate var integer: Int64? {
    var scanner = self
    return try? scanner.scanNumber().integerValue
  }
}
