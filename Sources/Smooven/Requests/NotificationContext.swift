public import SmoovenCallbacks

/// The recipient of an intent, and any values that shape the message.
///
/// It's personal data, so its description shows only the number of values.
public struct NotificationContext: Sendable, Hashable {
  /// The recipient, as Smooven knows them.
  ///
  /// Required; sent as `user_id`.
  public var userID: String
  /// Further values, any JSON.
  public var values: [String: JSONValue]

  /// Creates a context.
  public init(userID: String, _ values: [String: JSONValue] = [:]) {
    self.userID = userID
    self.values = values
  }

  /// The values, with `user_id` among them.
  var json: JSONValue {
    var members = values
    members["user_id"] = .string(userID)
    return .object(members)
  }
}

extension NotificationContext: SafelyDescribed {
  /// The number of values.
  public var description: String { "NotificationContext(\(values.count) values)" }
}
