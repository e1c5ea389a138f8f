internal import SmoovenCallbacks

/// Values as source code of Swift, whatever is in them.
enum SwiftLiteral {
  /// A string literal, in which everything that isn't plainly visible is escaped.
  static func string(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case "\t": literal += "\\t"
      default:
        if isVisible(scalar) {
          literal.unicodeScalars.append(scalar)
        } else {
          literal += "\\u{\(String(scalar.value, radix: 16))}"
        }
      }
    }
    return literal + "\""
  }

  /// An expression whose type is `JSONValue`.
  static func json(_ value: JSONValue) -> String {
    switch value {
    case .null: ".null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): value.isFinite ? ".number(\(value))" : ".null"
    case .string(let value): string(value)
    case .array(let elements): ".array([\(elements.map(json).joined(separator: ", "))])"
    case .object(let members): ".object(\(dictionary(members)))"
    }
  }

  /// An expression whose type is `[String: JSONValue]`.
  static func dictionary(_ members: [String: JSONValue]) -> String {
    let pairs = members.sorted { $0.key < $1.key }.map { "\(string($0.key)): \(json($0.value))" }
    return pairs.isEmpty ? "[:]" : "[\(pairs.joined(separator: ", "))]"
  }

  /// Combining characters, and those that change the direction of what follows, aren't.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned,
      .nonspacingMark, .spacingMark, .enclosingMark:
      false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }
}
