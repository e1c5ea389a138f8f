public import SmoovenCallbacks
internal import SmoovenSupport

/// A person to register with Smooven, and the channels on which to reach them (source: Smooven's API reference).
public struct PlayerRegistration: Sendable, Hashable {
  /// A device for push notifications.
  public struct Device: Sendable, Hashable {
    /// The platform, such as `ios` or `android`.
    public var platform: String
    /// The token from the platform's push service.
    public var token: String

    /// Creates a device.
    public init(platform: String, token: String) {
      self.platform = platform
      self.token = token
    }

    var json: JSONValue { ["platform": .string(platform), "device_token": .string(token)] }
  }

  /// The hours during which a person must not be disturbed.
  public struct QuietHours: Sendable, Hashable {
    /// The time at which they begin, as `HH:MM`.
    public var start: String
    /// The time at which they end, as `HH:MM`.
    public var end: String
    /// The time zone, such as `Australia/Sydney`.
    public var timezone: String

    /// Creates quiet hours.
    public init(start: String, end: String, timezone: String) {
      self.start = start
      self.end = end
      self.timezone = timezone
    }

    var json: JSONValue {
      ["start": .string(start), "end": .string(end), "timezone": .string(timezone)]
    }
  }

  /// The id of the person in your system.
  public var externalID: String
  /// The phone number in E.164 form.
  public var sms: String?
  /// The email address.
  public var email: String?
  /// The device for push notifications.
  public var push: Device?
  /// The labels.
  public var tags: [String]
  /// The channel that the person prefers.
  public var preferredChannel: NotificationChannel?
  /// The hours during which the person must not be disturbed.
  public var quietHours: QuietHours?

  /// Creates a registration, of which only the fields with a value are sent.
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

  var json: JSONValue {
    let channels = JSONValue.members([
      "sms": sms.map(JSONValue.string), "email": email.map(JSONValue.string), "push": push?.json,
    ])
    let preferences = JSONValue.members([
      "preferred_channel": preferredChannel.map { .string($0.rawValue) }, "quiet_hours": quietHours?.json,
    ])
    return .members([
      "external_id": .string(externalID),
      "channels": channels,
      "tags": .array(tags.map(JSONValue.string)),
      "preferences": preferences == [:] ? nil : preferences,
    ])
  }

  func validate() throws(SmoovenError) {
    if externalID.isEmpty { throw .invalid("external_id", "it is empty") }
    if sms == nil, email == nil, push == nil {
      throw .invalid("channels", "give at least one of sms, email and push")
    }
  }
}

extension PlayerRegistration: SafelyDescribed {
  /// A placeholder, because all of the registration is personal.
  public var description: String { "<player registration>" }
}

extension PlayerRegistration.Device: SafelyDescribed {
  /// The platform.
  public var description: String { "<\(platform.loggable) device>" }
}
