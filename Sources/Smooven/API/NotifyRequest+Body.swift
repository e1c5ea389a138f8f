internal import Crypto
internal import SmoovenCallbacks

import class Foundation.JSONEncoder

extension NotifyRequest {
  /// What is sent, with the keys in the order of the alphabet.
  func body(callbackURL: String?) throws(SmoovenError) -> [UInt8] {
    var fields = try fields()
    fields["callback_url"] = callbackURL.map(JSONValue.string)
    let json = JSONValue.object(fields)
    guard json.isWritable else { throw Self.unwritable("context") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    json.write(to: &bytes)
    return bytes
  }

  /// The fields by their names on the wire.
  ///
  /// The options are encoded and read again: there are many, and few requests have any.
  func fields() throws(SmoovenError) -> [String: JSONValue] {
    func json(_ options: some Encodable, _ field: String) throws(SmoovenError) -> JSONValue {
      do {
        return try JSONValue(parsing: Array(try JSONEncoder().encode(options)))
      } catch {
        throw Self.unwritable(field)
      }
    }
    var fields: [String: JSONValue] = [:]
    fields["intent"] = intent.map(JSONValue.string)
    fields["urgency"] = urgency.map { .string($0.rawValue) }
    fields["context"] = context?.json
    fields["preferred_channel"] = preferredChannel.map { .string($0.rawValue) }
    fields["channel"] = channel.map { .string($0.rawValue) }
    fields["to"] = to.map(JSONValue.string)
    fields["message"] = message.map(JSONValue.string)
    fields["sender_id"] = senderID.map(JSONValue.string)
    fields["fallback"] = fallback.map { .bool($0) }
    if let push { fields["push"] = try json(push, "push") }
    if let rcs { fields["rcs"] = try json(rcs, "rcs") }
    if let email { fields["email"] = try json(email, "email") }
    if let inapp { fields["inapp"] = try json(inapp, "inapp") }
    return fields
  }

  private static func unwritable(_ field: String) -> SmoovenError {
    .invalid(field, "it holds a number that JSON cannot write, such as infinity")
  }

  /// What makes two requests the same: all but the callback URL, whose token is fresh each time.
  package func fingerprint() throws(SmoovenError) -> String {
    Hex.encode(SHA256.hash(data: try body(callbackURL: nil)))
  }

  /// Whether Smooven uses several channels at once.
  var isCritical: Bool { urgency == .critical && channel == nil }
}
