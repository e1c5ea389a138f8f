public import SmoovenCallbacks

/// The recipient of an intent, and any values that shape the message.
///
/// This is personal data, so the description shows only the number of values.
public struct NotificationContext: Sendable, Hashable {
  /// The recipient's id in Smooven, which is required and sent as `user_id`.
  public var userID: String
  /// Additional values, which may be any JSON.
  public var values: [String: JSONValue]

  /// Creates a context.
  public init(userID: String, _ values: [String: JSONValue] = [:]) {
    self.userID = userID
    self.values = values
  }

  /// The values as JSON, including `user_id`.
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
