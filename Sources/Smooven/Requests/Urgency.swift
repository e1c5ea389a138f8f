/// The urgency of a notification, by which Smooven chooses channels.
///
/// The list is open.
public struct Urgency: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  /// The urgency's name on the wire.
  public let rawValue: String

  /// Creates an urgency from Smooven's name for it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Push, in-app or email.
  public static let low = Urgency(rawValue: "low")
  /// Push, then RCS, SMS and email.
  ///
  /// Smooven's default.
  public static let normal = Urgency(rawValue: "normal")
  /// SMS, then push, RCS and email.
  public static let high = Urgency(rawValue: "high")
  /// SMS and push at the same time, so that one notification can have several results, one for each channel.
  public static let critical = Urgency(rawValue: "critical")

  static let documented: [Urgency] = [.low, .normal, .high, .critical]

  /// The urgency's name on the wire.
  public var description: String { rawValue }
}
