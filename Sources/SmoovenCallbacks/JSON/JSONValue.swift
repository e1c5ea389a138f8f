/// A JSON value, as it was received.
///
/// Providers add fields and events without notice, so a callback keeps its whole payload in this form, and
/// typed views read from it.
///
/// A number that `Double` can't hold, such as `1e400`, is read as a ``string(_:)`` of its characters. A
/// signed event isn't refused because an unused field contains such a number, and infinity couldn't be
/// written as JSON again.
public enum JSONValue: Sendable, Hashable {
  /// The literal `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction or exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number that `Double` can hold.
  case number(Double)
  /// A string, or a number out of the range of `Double`.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object. If a key is repeated, the last value counts.
  case object([String: JSONValue])

  /// The value under a key, or `nil` if this isn't an object or has no such key.
  public subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  /// The string, or `nil` for any other type of value.
  public var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The integer, or `nil` for any other type of value.
  public var integerValue: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The number as a `Double`, including integers, or `nil` for any other type of value.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The Boolean, or `nil` for any other type of value.
  public var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The elements, or `nil` for any other type of value.
  public var arrayValue: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The members, or `nil` for any other type of value.
  public var objectValue: [String: JSONValue]? {
    if case .object(let value) = self { value } else { nil }
  }

  /// Whether this is the literal `null`.
  public var isNull: Bool { self == .null }
}
