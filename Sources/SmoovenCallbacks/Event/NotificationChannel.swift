/// A way to reach a recipient.
///
/// The list is open.
public struct NotificationChannel: RawRepresentable, Sendable, Hashable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// The name as the provider spells it.
  public let rawValue: String

  /// Creates a channel from the provider's name for it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Creates a channel from a literal.
  public init(stringLiteral value: String) { self.init(rawValue: value) }

  /// A text message.
  public static let sms: NotificationChannel = "sms"
  /// Rich Communication Services.
  public static let rcs: NotificationChannel = "rcs"
  /// A push notification to a device.
  public static let push: NotificationChannel = "push"
  /// An email.
  public static let email: NotificationChannel = "email"
  /// A message inside the recipient's app.
  public static let inapp: NotificationChannel = "inapp"

  /// The name as the provider spells it.
  public var description: String { rawValue }
}
