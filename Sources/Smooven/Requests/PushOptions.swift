public import SmoovenCallbacks

/// Options of a push notification (source: Smooven's API reference).
public struct PushOptions: Sendable, Hashable {
  /// A button of the notification.
  public struct Action: Sendable, Hashable {
    /// The name by which a click is reported.
    public var id: String
    /// The text of the button.
    public var title: String

    /// Creates a button.
    public init(id: String, title: String) {
      self.id = id
      self.title = title
    }

    var json: JSONValue { ["id": .string(id), "title": .string(title)] }
  }

  /// The heading.
  public var title: String?
  /// The text.
  public var body: String?
  /// The URL of a small picture.
  public var icon: String?
  /// The URL of a large picture.
  public var image: String?
  /// The link that tapping the notification opens.
  public var deepLink: String?
  /// The number on the app's icon.
  public var badge: Int?
  /// The name of the sound.
  public var sound: String?
  /// The time for which the push service keeps trying to deliver, in seconds.
  public var ttl: Int?
  /// The buttons.
  public var actions: [Action]?

  /// Creates options, of which only those with a value are sent.
  public init(
    title: String? = nil,
    body: String? = nil,
    icon: String? = nil,
    image: String? = nil,
    deepLink: String? = nil,
    badge: Int? = nil,
    sound: String? = nil,
    ttl: Int? = nil,
    actions: [Action]? = nil
  ) {
    self.title = title
    self.body = body
    self.icon = icon
    self.image = image
    self.deepLink = deepLink
    self.badge = badge
    self.sound = sound
    self.ttl = ttl
    self.actions = actions
  }

  var json: JSONValue {
    .members([
      "title": title.map(JSONValue.string),
      "body": body.map(JSONValue.string),
      "icon": icon.map(JSONValue.string),
      "image": image.map(JSONValue.string),
      "deep_link": deepLink.map(JSONValue.string),
      "badge": badge.map { .integer(Int64($0)) },
      "sound": sound.map(JSONValue.string),
      "ttl": ttl.map { .integer(Int64($0)) },
      "actions": actions.map { .array($0.map(\.json)) },
    ])
  }
}

extension PushOptions: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<push options>" }
}
