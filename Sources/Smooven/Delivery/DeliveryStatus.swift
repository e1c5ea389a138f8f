/// The furthest point that a notification is known to have reached.
///
/// The list is open.
public struct DeliveryStatus: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  /// The status in lowercase, as Smooven spells it.
  public let rawValue: String

  /// Creates a status from Smooven's name for it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Not even known to be accepted, because the request was sent but neither a response nor a callback has arrived.
  public static let unconfirmed = DeliveryStatus(rawValue: "unconfirmed")
  /// Accepted.
  public static let queued = DeliveryStatus(rawValue: "queued")
  /// Handed to the carrier.
  public static let sent = DeliveryStatus(rawValue: "sent")
  /// One channel failed and the next is tried.
  public static let fallback = DeliveryStatus(rawValue: "fallback")
  /// Confirmed to have reached the recipient.
  public static let delivered = DeliveryStatus(rawValue: "delivered")
  /// Opened by the recipient.
  public static let opened = DeliveryStatus(rawValue: "opened")
  /// Clicked by the recipient.
  public static let clicked = DeliveryStatus(rawValue: "clicked")
  /// Read by the recipient.
  public static let read = DeliveryStatus(rawValue: "read")
  /// Answered by the recipient.
  public static let replied = DeliveryStatus(rawValue: "replied")
  /// Can't arrive anymore.
  public static let failed = DeliveryStatus(rawValue: "failed")
  /// Couldn't reach the recipient after all attempts.
  public static let undelivered = DeliveryStatus(rawValue: "undelivered")

  /// The status in lowercase.
  public var description: String { rawValue }

  /// Creates the status that an event shows, or returns `nil` if it doesn't show one.
  init?(_ event: CallbackEvent) {
    switch event.kind {
    case .other: return nil
    case .failed: self = event.failure?.code == Self.undelivered.rawValue ? .undelivered : .failed
    default: self.init(rawValue: event.kind.rawValue)
    }
  }

  /// The event kind that represents this status, for responses of the status endpoint.
  var kind: CallbackEvent.Kind {
    switch self {
    case .failed, .undelivered: .failed
    case .queued, .sent, .fallback, .delivered, .opened, .clicked, .read, .replied:
      CallbackEvent.Kind(rawValue: rawValue)
    default: .other
    }
  }

  private var rank: Int {
    switch self {
    case .unconfirmed: 0
    case .queued: 2
    case .sent: 3
    case .fallback: 4
    case .failed, .undelivered: 5
    case .delivered: 6
    case .opened, .read: 7
    case .clicked: 8
    case .replied: 9
    default: 1
    }
  }

  /// Returns whether this status is further than another one.
  func isFurther(than other: DeliveryStatus) -> Bool { rank > other.rank }

  /// Moves forward only, so that a late or out-of-order event never reverts a status.
  mutating func advance(to other: DeliveryStatus) {
    if other.rank > rank { self = other }
  }
}
