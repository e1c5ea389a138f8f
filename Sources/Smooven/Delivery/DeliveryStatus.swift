/// How far a notification is known to have come.
///
/// The list is open.
public struct DeliveryStatus: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  /// The status in lower case, as Smooven spells it.
  public let rawValue: String

  /// Makes a status from Smooven's word for it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Not even known to be accepted: the request left, but neither an answer nor a callback came.
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
  /// Will not arrive.
  public static let failed = DeliveryStatus(rawValue: "failed")
  /// Could not reach the recipient after all attempts.
  public static let undelivered = DeliveryStatus(rawValue: "undelivered")

  /// The status in lower case.
  public var description: String { rawValue }

  /// The status that an event shows, or `nil` when it shows none.
  init?(_ event: CallbackEvent) {
    switch event.kind {
    case .other: return nil
    case .failed: self = event.failure?.code == Self.undelivered.rawValue ? .undelivered : .failed
    default: self.init(rawValue: event.kind.rawValue)
    }
  }

  /// The event kind that stands for this status, for answers of the status endpoint.
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

  /// Whether a notification with this status has come further than one with another.
  func isFurther(than other: DeliveryStatus) -> Bool { rank > other.rank }

  /// Moves forward only: an event that is late or out of order never takes a status back.
  mutating func advance(to other: DeliveryStatus) {
    if other.rank > rank { self = other }
  }
}
