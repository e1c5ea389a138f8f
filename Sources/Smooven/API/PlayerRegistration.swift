public import SmoovenCallbacks
internal import SmoovenSupport

/// A person to register with Smooven, and how to reach them (source: Smooven's API reference).
public struct PlayerRegistration: Sendable, Hashable {
  /// A device for push notifications.
  public struct Device: Sendable, Hashable, Encodable {
    /// The platform, such as `ios` or `android`.
    public var platform: String
    /// The token that the platform's push service gave.
    public var token: String

    /// Makes a device.
    public init(platform: String, token: String) {
      self.platform = platform
      self.token = token
    }

    private enum CodingKeys: String, CodingKey {
      case platform
      case token = "device_token"
    }
  }

  /// When not to disturb.
  public struct QuietHours: Sendable, Hashable, Encodable {
    /// When they begin, as `HH:MM`.
    public var start: String
    /// When they end, as `HH:MM`.
    public var end: String
    /// The time zone, such as `Australia/Sydney`.
    public var timezone: String

    /// Makes quiet hours.
    public init(start: String, end: String, timezone: String) {
      self.start = start
      self.end = end
      self.timezone = timezone
    }
  }

  /// The id by which your system knows the person.
  public var externalID: String
  /// A phone number in E.164 form.
  public var sms: String?
  /// An email address.
  public var email: String?
  /// A device.
  public var push: Device?
  /// Labels.
  public var tags: [String]
  /// The channel that the person would rather have.
  public var preferredChannel: NotificationChannel?
  /// When not to disturb.
  public var quietHours: QuietHours?

  /// Makes a registration; what is `nil` is not sent.
  public init(
    externalID: String,
    sms: String? = nil,
    email: String? = nil,
    push: Device? = nil,
    tags: [String] = [],
    preferredChannel: NotificationChannel? = nil,
    quietHours: QuietHours? = nil
  ) {
    self.externalID = externalID
    self.sms = sms
    self.email = email
    self.push = push
    self.tags = tags
    self.preferredChannel = preferredChannel
    self.quietHours = quietHours
  }

  func validate() throws(SmoovenError) {
    if externalID.isEmpty { throw .invalid("external_id", "it is empty") }
    if sms == nil, email == nil, push == nil {
      throw .invalid("channels", "give at least one of sms, email and push")
    }
  }
}

extension PlayerRegistration: Encodable {
  private enum CodingKeys: String, CodingKey {
    case externalID = "external_id"
    case channels, tags, preferences
  }

  private enum ChannelKeys: String, CodingKey { case sms, email, push }

  private enum PreferenceKeys: String, CodingKey {
    case preferredChannel = "preferred_channel"
    case quietHours = "quiet_hours"
  }

  /// Encodes the registration as Smooven takes it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(externalID, forKey: .externalID)
    var channels = container.nestedContainer(keyedBy: ChannelKeys.self, forKey: .channels)
    try channels.encodeIfPresent(sms, forKey: .sms)
    try channels.encodeIfPresent(email, forKey: .email)
    try channels.encodeIfPresent(push, forKey: .push)
    try container.encode(tags, forKey: .tags)
    guard preferredChannel != nil || quietHours != nil else { return }
    var preferences = container.nestedContainer(keyedBy: PreferenceKeys.self, forKey: .preferences)
    try preferences.encodeIfPresent(preferredChannel?.rawValue, forKey: .preferredChannel)
    try preferences.encodeIfPresent(quietHours, forKey: .quietHours)
  }
}

extension PlayerRegistration: SafelyDescribed {
  /// A placeholder: everything in it is personal.
  public var description: String { "<player registration>" }
}

extension PlayerRegistration.Device: SafelyDescribed {
  /// The platform.
  public var description: String { "<\(platform.loggable) device>" }
}
