public import SmoovenCallbacks

/// What an intent needs to know: whom it is for, and any values that shape the message.
///
/// It is personal data: its description shows only how many values there are.
public struct NotificationContext: Sendable, Hashable {
  /// The recipient, as Smooven knows them.
  ///
  /// Required; stands as `user_id` on the wire.
  public var userID: String
  /// Further values, any JSON.
  public var values: [String: JSONValue]

  /// Makes a context.
  public init(userID: String, _ values: [String: JSONValue] = [:]) {
    self.userID = userID
    self.values = values
  }
}

extension NotificationContext: Encodable {
  /// Encodes the values with `user_id` among them.
  public func encode(to encoder: any Encoder) throws {
    try json.encode(to: encoder)
  }

  var json: JSONValue {
    var members = values
    members["user_id"] = .string(userID)
    return .object(members)
  }
}

extension NotificationContext: SafelyDescribed {
  /// How many values there are.
  public var description: String { "NotificationContext(\(values.count) values)" }
}
