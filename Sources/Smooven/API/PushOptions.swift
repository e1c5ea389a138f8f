public import SmoovenCallbacks

/// Options of a push notification (source: Smooven's API reference).
public struct PushOptions: Sendable, Hashable, Encodable {
  /// A button of the notification.
  public struct Action: Sendable, Hashable, Encodable {
    /// What a click is reported as.
    public var id: String
    /// What the button says.
    public var title: String

    /// Makes a button.
    public init(id: String, title: String) {
      self.id = id
      self.title = title
    }
  }

  /// The heading.
  public var title: String?
  /// The text.
  public var body: String?
  /// The URL of a small picture.
  public var icon: String?
  /// The URL of a large picture.
  public var image: String?
  /// Where a tap leads.
  public var deepLink: String?
  /// The number on the app's icon.
  public var badge: Int?
  /// The name of a sound.
  public var sound: String?
  /// How long the push service keeps trying, in seconds.
  public var ttl: Int?
  /// Buttons.
  public var actions: [Action]?

  /// Makes options; what is `nil` is not sent.
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

  private enum CodingKeys: String, CodingKey {
    case title, body, icon, image, badge, sound, ttl, actions
    case deepLink = "deep_link"
  }
}

extension PushOptions: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<push options>" }
}
