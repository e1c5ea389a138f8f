internal import SmoovenCallbacks

/// Shortens what says who a person is, in the body of a request and in every text about it.
///
/// The one rule for the page of a journal and for captured requests. It's applied to the values of a JSON text, not to how
/// they're written, and a body in which it can't be applied isn't shown at all.
package struct RecipientMask: Sendable {
  /// The body as JSON, or `nil` if there is none.
  private let tree: JSONTree?
  private let people: KnownPeople

  /// Finds the people whom a request is about.
  ///
  /// - Parameters:
  ///   - body: The whole body. Defaults to none.
  ///   - recipients: The recipients of its events. Defaults to none.
  package init(body: [UInt8] = [], recipients: [CallbackEvent.Recipient] = []) {
    let tree = Self.tree(body)
    var people = KnownPeople()
    for text in recipients.flatMap({ [$0.userID, $0.address] }).compactMap(\.self) { people.add(text) }
    if let tree { Self.collect(tree, into: &people, depth: 0) }
    (self.tree, self.people) = (tree, people)
  }

  /// The body with everyone shortened, or `nil` if it isn't an object or an array in UTF-8.
  package var body: String? {
    guard let tree, !people.isOverfull else { return nil }
    return masked(tree, depth: 0)
  }

  /// Returns a text with everyone shortened, also in JSON that it holds.
  package func text(_ text: String) -> String { masked(text, depth: 0) }

  /// Returns so little of an address that it doesn't reach its owner.
  package static func shorten(_ text: String) -> String {
    text.count > 6 ? "\(text.prefix(2))…\(text.suffix(2))" : "…"
  }

  // MARK: Names of members

  /// Members whose value says who a person is, as ``plain(_:)`` spells them.
  private static let names: Set<String> = [
    "userid", "user", "users", "username", "to", "from", "cc", "bcc", "sender", "receiver", "recipient",
    "recipients",
    "address", "addresses", "channeladdress", "email", "emails", "emailaddress", "mail", "phone", "phones",
    "phonenumber",
    "mobile", "mobilenumber", "msisdn", "number", "numbers", "destination", "contact", "externalid",
    "externaluserid",
    "playerid", "name", "firstname", "lastname", "fullname", "displayname",
  ]
  /// Other members of a recipient, whose names say nothing about the person.
  private static let ordinary: Set<String> = [
    "id", "type", "kind", "channel", "status", "state", "language", "locale", "timezone", "platform",
    "device", "country",
  ]

  /// The name in lower case, without what separates its words.
  private static func plain(_ name: String) -> String {
    name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
  }

  /// Indicates whether what is under a key, however deep, says who a person is.
  private static func isPersonal(_ key: String) -> Bool { names.contains(plain(key)) }

  /// Indicates whether a part is to be shortened whatever is in it.
  private static func isPersonal(_ part: JSONTree.Part) -> Bool {
    guard part.isMarked else { return false }
    switch part.kind {
    case .string: return true
    case .literal: return isNumber(part)
    // A map from people to something.
    case .key: return !isPersonal(part.text) && !ordinary.contains(plain(part.text))
    }
  }

  private static func isNumber(_ part: JSONTree.Part) -> Bool {
    part.kind == .literal && part.text.utf8.contains { (0x30...0x39).contains($0) }
  }

  // MARK: Values

  /// The number of times that JSON is looked for in the strings of JSON.
  private static let maximumDepth = 3

  /// A JSON text whose values have names, or `nil` if it's another text.
  private static func tree(_ body: [UInt8]) -> JSONTree? {
    guard body.first(where: { !" \t\r\n".utf8.contains($0) }).map("{[".utf8.contains) == true,
      String(validating: body, as: UTF8.self) != nil
    else { return nil }
    return JSONTree(body)
  }

  private static func collect(_ tree: JSONTree, into people: inout KnownPeople, depth: Int) {
    _ = tree.replacing(marking: isPersonal) { part in
      if isPersonal(part) { people.add(part.text) }
      if part.kind == .string, depth < maximumDepth, let inner = Self.tree(Array(part.text.utf8)) {
        collect(inner, into: &people, depth: depth + 1)
      }
      return nil
    }
  }

  private func masked(_ tree: JSONTree, depth: Int) -> String {
    let bytes = tree.replacing(marking: Self.isPersonal) { part in
      let isWhole = Self.isPersonal(part)
      if part.kind == .literal {
        let isPerson = isWhole || (Self.isNumber(part) && people.isNumber(part.text))
        return isPerson ? JSONValue.string(Self.shorten(part.text)).text : nil
      }
      let text = isWhole ? Self.shorten(part.text) : masked(part.text, depth: depth)
      return text == part.text ? nil : text
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func masked(_ text: String, depth: Int) -> String {
    guard depth <= Self.maximumDepth else { return Self.shorten(text) }
    let bytes = Array(text.utf8)
    if let tree = Self.tree(bytes) { return masked(tree, depth: depth + 1) }
    // What is escaped, or is a piece of JSON, can't be read.
    let isPiece = bytes.contains(UInt8(ascii: "\\")) || bytes.firstRange(of: "\":".utf8) != nil
    if isPiece || people.isOverfull { return Self.shorten(text) }
    // As a URL has it: shown as it was if there's no one in it.
    if let plain = Self.percentDecoded(bytes) {
      let shown = masked(plain, depth: depth + 1)
      if shown != plain { return shown }
    }
    return AddressMask.masked(people.masked(text))
  }

  /// The text without percent-encoding, or `nil` if it has none.
  private static func percentDecoded(_ bytes: [UInt8]) -> String? {
    guard bytes.contains(UInt8(ascii: "%")) else { return nil }
    var plain: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      let digits = byte == UInt8(ascii: "%") ? rest.prefix(2).compactMap { Hex.value(of: $0) } : []
      if digits.count == 2 { rest = rest.dropFirst(2) }
      plain.append(digits.count == 2 ? UInt8(digits[0] << 4 | digits[1]) : byte)
    }
    return plain == bytes ? nil : String(decoding: plain, as: UTF8.self)
  }
}
