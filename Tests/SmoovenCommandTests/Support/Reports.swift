import SmoovenCallbacks
import Testing

extension SmoovenProcess.State {
  /// The one JSON object that is the whole standard output.
  var report: JSONValue {
    get throws {
      try #require(output.count == 1, "\(output)")
      return try JSONValue(parsing: Array(output[0].utf8))
    }
  }

  /// Standard error as one text.
  var errorText: String { errors.joined(separator: "\n") }
}

extension JSONValue {
  /// The strings of an array, or `[]`.
  var strings: [String] { (arrayValue ?? []).compactMap(\.stringValue) }

  /// The keys of an object, or `[]`.
  var keys: Set<String> { Set((objectValue ?? [:]).keys) }
}
