public import SmoovenCallbacks

/// Options of a message inside the recipient's app (source: Smooven's API reference).
public struct InAppOptions: Sendable, Hashable {
  /// The kind of message, such as a banner.
  public var type: String?
  /// The heading.
  public var title: String?
  /// The text.
  public var body: String?
  /// The action of a tap.
  ///
  /// Its shape isn't documented, so it may be any JSON.
  public var action: JSONValue?

  /// Creates options, of which only those with a value are sent.
  public init(type: String? = nil, title: String? = nil, body: String? = nil, action: JSONValue? = nil) {
    self.type = type
    self.title = title
    self.body = body
    self.action = action
  }

  var json: JSONValue {
    .members([
      "type": type.map(JSONValue.string),
      "title": title.map(JSONValue.string),
      "body": body.map(JSONValue.string),
      "action": action,
    ])
  }
}

extension InAppOptions: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<in-app options>" }
}
