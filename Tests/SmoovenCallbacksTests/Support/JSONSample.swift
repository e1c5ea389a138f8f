import Foundation
import SmoovenCallbacks

/// A JSON document that is independent of the parser under test, because Foundation writes and reads it.
enum JSONSample: Codable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONSample])
  case object([String: JSONSample])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONSample].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONSample].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// The same document as a value of the library.
  var value: JSONValue {
    switch self {
    case .null: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .string(let value): .string(value)
    case .array(let value): .array(value.map(\.value))
    case .object(let value): .object(value.mapValues(\.value))
    }
  }
}

extension JSONValue {
  /// The number of members of the objects in this value, at all levels.
  var memberCount: Int {
    switch self {
    case .array(let elements): elements.map(\.memberCount).reduce(0, +)
    case .object(let members): members.values.map(\.memberCount).reduce(members.count, +)
    default: 0
    }
  }

  /// Returns whether two values are the same JSON.
  ///
  /// `1`, `1.0` and `1e0` are one number.
  func isSameJSON(as other: JSONValue) -> Bool {
    switch (self, other) {
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.isSameJSON(as: $1) }
    case (.object(let left), .object(let right)):
      left.count == right.count
        && left.allSatisfy { key, value in right[key].map { value.isSameJSON(as: $0) } ?? false }
    case (.integer, .number), (.number, .integer): doubleValue == other.doubleValue
    default: self == other
    }
  }
}
