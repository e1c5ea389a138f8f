internal import ArgumentParser
internal import Smooven

/// A value for an intent: `key=text`, or `key:=JSON`.
///
/// Text that is a JSON object or array is read as JSON too. Numbers aren't, because an id or a phone number is a text.
struct ContextArgument: ExpressibleByArgument, Sendable {
  let key: String
  let value: JSONValue

  init?(argument: String) {
    guard let pair = KeyValue(argument: argument) else { return nil }
    let json = try? JSONValue(parsing: Array(pair.value.utf8))
    if pair.key.hasSuffix(":") {
      guard pair.key.count > 1, let json else { return nil }
      (key, value) = (String(pair.key.dropLast()), json)
    } else {
      let isContainer = json?.objectValue != nil || json?.arrayValue != nil
      (key, value) = (pair.key, isContainer ? json ?? .null : .string(pair.value))
    }
  }
}
