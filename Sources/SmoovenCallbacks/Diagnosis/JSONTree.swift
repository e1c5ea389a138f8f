/// A JSON text whose strings and numbers are kept as they are written and whose keys keep their order, to be written in
/// another style.
package struct JSONTree: Sendable {
  package indirect enum Node: Sendable {
    case object([(key: Range<Int>, value: Node)])
    case array([Node])
    case string(Range<Int>)
    /// A number, `true`, `false` or `null`.
    case literal(Range<Int>)
  }

  let bytes: [UInt8]
  package let root: Node

  /// Reads a JSON text, or returns `nil` if it isn't one.
  package init?(_ bytes: [UInt8]) {
    var scanner = JSONScanner(bytes)
    scanner.skipWhitespace()
    do {
      root = try Self.read(&scanner)
      try scanner.finish()
    } catch {
      return nil
    }
    self.bytes = bytes
  }

  private static func read(_ scanner: inout JSONScanner) throws(JSONParsingError) -> Node {
    var isFirst = true
    switch scanner.current {
    case UInt8(ascii: "{"):
      var members: [(key: Range<Int>, value: Node)] = []
      try scanner.enter()
      while let key = try scanner.nextKey(isFirst: isFirst) {
        isFirst = false
        members.append((key.range, try read(&scanner)))
      }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [Node] = []
      try scanner.enter()
      while try scanner.nextElement(isFirst: isFirst) {
        isFirst = false
        elements.append(try read(&scanner))
      }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try scanner.scanString().range)
    default:
      let start = scanner.position
      try scanner.skipValue()
      return .literal(start..<scanner.position)
    }
  }

  private init(_ bytes: [UInt8], root: Node) {
    self.bytes = bytes
    self.root = root
  }

  /// The text of a string, without its escapes.
  package func text(_ string: Range<Int>) -> String {
    JSONEscapes.resolve(bytes[string])
  }

  /// Returns the same text with the members of each object sorted by their keys, each of which is read once.
  func sortingKeys() -> JSONTree { JSONTree(bytes, root: sorted(root)) }

  private func sorted(_ node: Node) -> Node {
    switch node {
    case .object(let members):
      let named = members.map { (name: text($0.key), key: $0.key, value: sorted($0.value)) }
        .sorted { $0.name.unicodeScalars.lexicographicallyPrecedes($1.name.unicodeScalars) }
      return .object(named.map { ($0.key, $0.value) })
    case .array(let elements): return .array(elements.map(sorted))
    case .string, .literal: return node
    }
  }

  /// A part of a JSON text that can be replaced.
  package struct Part {
    package enum Kind {
      case key, string
      /// A number, `true`, `false` or `null`.
      case literal
    }

    package let kind: Kind
    /// The nearest key that leads to it; empty at the root.
    package let key: String
    /// Whether one of the keys that lead to it marks all that is below it.
    package let isMarked: Bool
    /// The text, without quotation marks and escapes.
    package let text: String
  }

  /// Returns the text in which some keys, strings and literals are replaced, and nothing else is changed.
  ///
  /// - Parameters:
  ///   - marks: Returns whether a key marks all that is below it. Defaults to none.
  ///   - replace: Returns the new text of a part, and `nil` to keep it. A key or a string is returned without quotation
  ///     marks and escapes, and a literal as any JSON text.
  /// - Returns: The text.
  package func replacing(
    marking marks: (_ key: String) -> Bool = { _ in false },
    _ replace: (Part) -> String?
  ) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    func part(_ kind: Part.Kind, _ key: String, _ isMarked: Bool, _ range: Range<Int>) {
      let text = kind == .literal ? String(decoding: bytes[range], as: UTF8.self) : text(range)
      guard let new = replace(Part(kind: kind, key: key, isMarked: isMarked, text: text)) else { return }
      result += bytes[position..<range.lowerBound]
      if kind == .literal {
        result += new.utf8
      } else {
        var quoted: [UInt8] = []
        JSONValue.write(new, to: &quoted)
        result += quoted.dropFirst().dropLast()
      }
      position = range.upperBound
    }
    func visit(_ node: Node, _ key: String, _ isMarked: Bool) {
      switch node {
      case .object(let members):
        for (range, value) in members {
          part(.key, key, isMarked, range)
          let name = text(range)
          visit(value, name, isMarked || marks(name))
        }
      case .array(let elements): for element in elements { visit(element, key, isMarked) }
      case .string(let range): part(.string, key, isMarked, range)
      case .literal(let range): part(.literal, key, isMarked, range)
      }
    }
    visit(root, "", false)
    return result + bytes[position...]
  }
}
