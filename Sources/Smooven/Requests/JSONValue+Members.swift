internal import SmoovenCallbacks

extension JSONValue {
  /// Returns an object with those members that have a value.
  static func members(_ members: [String: JSONValue?]) -> JSONValue {
    .object(members.compactMapValues(\.self))
  }

  /// The value as the bytes of a request's body, with its keys sorted alphabetically.
  var body: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    write(to: &bytes)
    return bytes
  }
}
