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

  /// The text of a string, without its escapes.
  package func text(_ string: Range<Int>) -> String {
    JSONEscapes.resolve(bytes[string])
  }

  /// Returns the text in which the values of some members are replaced, and nothing else is changed.
  ///
  /// - Parameter replace: Returns the new text of a string, number or other literal, and `nil` to keep it. It's given the
  ///   nearest key that leads to it. A string is given and returned without quotation marks and escapes.
  /// - Returns: The text.
  package func replacing(_ replace: (_ key: String, _ text: String, _ isString: Bool) -> String?) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    visit(root, "") { key, range, isString in
      let text = isString ? text(range) : String(decoding: bytes[range], as: UTF8.self)
      guard let new = replace(key, text, isString) else { return }
      result += bytes[position..<range.lowerBound]
      if isString {
        var quoted: [UInt8] = []
        JSONValue.write(new, to: &quoted)
        result += quoted.dropFirst().dropLast()
      } else {
        result += new.utf8
      }
      position = range.upperBound
    }
    return result + bytes[position...]
  }

  private func visit(_ node: Node, _ key: String, _ body: (String, Range<Int>, Bool) -> Void) {
    switch node {
    case .object(let members): for (name, value) in members { visit(value, text(name), body) }
    case .array(let elements): for element in elements { visit(element, key, body) }
    case .string(let range): body(key, range, true)
    case .literal(let range): body(key, range, false)
    }
  }
}
