internal import Crypto
internal import SmoovenCallbacks

extension NotifyRequest {
  /// The fields of a request by their names on the wire, except for the callback URL.
  package struct WireFields: Sendable {
    fileprivate let members: [String: JSONValue]

    /// A digest that is the same for identical requests.
    ///
    /// It doesn't include the callback URL, because its token is different each time.
    package var fingerprint: String { Hex.encode(SHA256.hash(data: body(callbackURL: nil))) }

    /// Returns the body to send.
    package func body(callbackURL: String?) -> [UInt8] {
      var members = members
      members["callback_url"] = callbackURL.map(JSONValue.string)
      return JSONValue.object(members).body
    }
  }

  /// Returns the fields by their names on the wire, which are computed once for each send.
  ///
  /// - Throws: ``SmoovenError`` with `invalidRequest` if JSON can't represent a number in the request.
  package func wireFields() throws(SmoovenError) -> WireFields {
    let fields: [String: JSONValue?] = [
      "intent": intent.map(JSONValue.string),
      "urgency": urgency.map { .string($0.rawValue) },
      "context": context?.json,
      "preferred_channel": preferredChannel.map { .string($0.rawValue) },
      "channel": channel.map { .string($0.rawValue) },
      "to": to.map(JSONValue.string),
      "message": message.map(JSONValue.string),
      "sender_id": senderID.map(JSONValue.string),
      "fallback": fallback.map(JSONValue.bool),
      "push": push?.json,
      "rcs": rcs?.json,
      "email": email?.json,
      "inapp": inapp?.json,
    ]
    let members = fields.compactMapValues(\.self)
    if let field = members.filter({ !$0.value.isWritable }).keys.min() {
      throw .invalid(field, "it holds a number that JSON cannot express, such as infinity")
    }
    return WireFields(members: members)
  }

  /// Returns the body to send.
  package func body(callbackURL: String?) throws(SmoovenError) -> [UInt8] {
    try wireFields().body(callbackURL: callbackURL)
  }

  /// Returns a digest that is the same for identical requests.
  package func fingerprint() throws(SmoovenError) -> String {
    try wireFields().fingerprint
  }

  /// Whether Smooven uses several channels at the same time.
  var isCritical: Bool { urgency == .critical && channel == nil }
}
