/// A way in which programs write JSON.
struct JSONStyle: Sendable, Hashable {
  /// The form in which the characters of strings are written.
  enum Strings: Sendable, Hashable, CaseIterable {
    case kept, plain, slashes, lowerHex, lowerHexSlashes, upperHex, go, gson, dotNet

    /// The style in words, for a person.
    var words: String? {
      switch self {
      case .kept: nil
      case .plain: "characters as they are"
      case .slashes: "slashes written as \\/"
      case .lowerHex: "other characters than ASCII written as \\u00e9"
      case .lowerHexSlashes: "slashes written as \\/, and other characters than ASCII as \\u00e9"
      case .upperHex: "other characters than ASCII written as \\u00E9"
      case .go: "<, > and & written as \\u003c"
      case .gson: "<, >, &, = and ' written as \\u003c"
      case .dotNet: "quotes, <, >, & and other characters than ASCII written as \\u0022"
      }
    }
  }

  /// The white space between tokens.
  enum Spacing: Sendable, Hashable {
    case none, afterColonAndComma, afterColon
    /// Lines that are indented; some programs write a space before each colon too.
    case lines(indent: String, colon: String)

    static let all: [Spacing] =
      [.none, .afterColonAndComma, .afterColon]
      + ["  ", "    ", "\t", "   ", " "].map { .lines(indent: $0, colon: ": ") }
      + [.lines(indent: "  ", colon: " : ")]

    var words: String {
      switch self {
      case .none: "without white space"
      case .afterColonAndComma: "with a space after each colon and comma"
      case .afterColon: "with a space after each colon"
      case .lines(let indent, _):
        indent == "\t"
          ? "in lines that are indented by tabs" : "in lines that are indented by \(indent.count)"
      }
    }
  }

  var strings = Strings.kept
  var spacing = Spacing.none

  /// The style in words, for a person.
  func words(sortsKeys: Bool) -> String {
    [spacing.words, sortsKeys ? "keys sorted" : nil, strings.words].compactMap(\.self).joined(separator: ", ")
  }

  /// All styles, the common ones first.
  static let all: [JSONStyle] = Strings.allCases.flatMap { strings in
    Spacing.all.map { JSONStyle(strings: strings, spacing: $0) }
  }
}

extension JSONTree {
  /// Returns the text in another style, or `nil` if it would be longer than a limit.
  func written(in style: JSONStyle, limit: Int = .max) -> [UInt8]? {
    var writer = JSONStyleWriter(tree: self, style: style, limit: limit)
    writer.write(root, depth: 0)
    return writer.isFull ? nil : writer.result
  }
}

private struct JSONStyleWriter {
  let tree: JSONTree
  let style: JSONStyle
  /// Indented lines of a deep text can be thousands of times as long as the text.
  let limit: Int
  var result: [UInt8] = []

  var isFull: Bool { result.count > limit }

  mutating func write(_ node: JSONTree.Node, depth: Int) {
    guard !isFull else { return }
    switch node {
    case .object(let members):
      container("{", "}", members, depth) { writer, member in
        writer.write(string: member.key)
        writer.result += writer.colon.utf8
        writer.write(member.value, depth: depth + 1)
      }
    case .array(let elements):
      container("[", "]", elements, depth) { $0.write($1, depth: depth + 1) }
    case .string(let range): write(string: range)
    case .literal(let range): result += tree.bytes[range]
    }
  }

  private var colon: String {
    switch style.spacing {
    case .none: ":"
    case .afterColon, .afterColonAndComma: ": "
    case .lines(_, let colon): colon
    }
  }

  private mutating func container<Element>(
    _ open: Unicode.Scalar,
    _ close: Unicode.Scalar,
    _ elements: [Element],
    _ depth: Int,
    _ write: (inout Self, Element) -> Void
  ) {
    result.append(UInt8(ascii: open))
    for (index, element) in elements.enumerated() {
      if index > 0 {
        result.append(UInt8(ascii: ","))
        if style.spacing == .afterColonAndComma { result.append(0x20) }
      }
      newLine(depth + 1)
      write(&self, element)
    }
    if !elements.isEmpty { newLine(depth) }
    result.append(UInt8(ascii: close))
  }

  private mutating func newLine(_ depth: Int) {
    guard case .lines(let indent, _) = style.spacing else { return }
    result.append(0x0A)
    for _ in 0..<depth { result += indent.utf8 }
  }

  private mutating func write(string range: Range<Int>) {
    result.append(UInt8(ascii: "\""))
    if style.strings == .kept {
      result += tree.bytes[range]
    } else {
      for scalar in tree.text(range).unicodeScalars { write(scalar) }
    }
    result.append(UInt8(ascii: "\""))
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    let strings = style.strings
    switch scalar {
    case "\"" where strings == .dotNet: escape(scalar, uppercase: true)
    case "\"", "\\": result += "\\\(scalar)".utf8
    case "/" where strings == .slashes || strings == .lowerHexSlashes: result += "\\/".utf8
    case "\u{8}": result += "\\b".utf8
    case "\u{C}": result += "\\f".utf8
    case "\n": result += "\\n".utf8
    case "\r": result += "\\r".utf8
    case "\t": result += "\\t".utf8
    case "<", ">", "&":
      if [.go, .gson, .dotNet].contains(strings) {
        escape(scalar, uppercase: strings == .dotNet)
      } else {
        result += String(scalar).utf8
      }
    case "'" where strings == .gson || strings == .dotNet, "=" where strings == .gson,
      "+" where strings == .dotNet,
      "`" where strings == .dotNet, "\u{7F}" where strings == .dotNet:
      escape(scalar, uppercase: strings == .dotNet)
    case "\u{2028}", "\u{2029}":
      if strings == .plain || strings == .slashes { result += String(scalar).utf8 } else { escape(scalar) }
    default:
      let isEscaped = scalar.value < 0x20 || (!scalar.isASCII && escapesOthers)
      if isEscaped {
        escape(scalar, uppercase: strings == .upperHex || strings == .dotNet)
      } else {
        result += String(scalar).utf8
      }
    }
  }

  private var escapesOthers: Bool {
    [.lowerHex, .lowerHexSlashes, .upperHex, .dotNet].contains(style.strings)
  }

  private mutating func escape(_ scalar: Unicode.Scalar, uppercase: Bool = false) {
    for unit in String(scalar).utf16 {
      let digits = String(unit, radix: 16, uppercase: uppercase)
      result += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
    }
  }
}
