extension CallbackEvent {
  /// The meaning of an event, independent of its provider's name for it.
  ///
  /// The list is open.
  public struct Kind: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The kind in lower case, as the JSON of an event carries it.
    public let rawValue: String

    /// Creates the kind of a custom provider.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Accepted by the provider: progress.
    public static let queued = Kind(rawValue: "queued")
    /// Handed to the carrier: progress.
    public static let sent = Kind(rawValue: "sent")
    /// One channel failed and the next is tried: progress, not a failure.
    public static let fallback = Kind(rawValue: "fallback")
    /// Confirmed to have reached the recipient: terminal.
    public static let delivered = Kind(rawValue: "delivered")
    /// Can't reach the recipient: terminal.
    public static let failed = Kind(rawValue: "failed")
    /// The recipient opened it: implies delivered.
    public static let opened = Kind(rawValue: "opened")
    /// The recipient clicked a link or an action: implies opened and delivered.
    public static let clicked = Kind(rawValue: "clicked")
    /// The recipient read it: implies opened and delivered.
    public static let read = Kind(rawValue: "read")
    /// The recipient replied: implies read and delivered.
    public static let replied = Kind(rawValue: "replied")
    /// Anything else, including a status that can't be read: never settles a wait for delivery.
    public static let other = Kind(rawValue: "other")

    /// Whether an event of this kind shows that the notification arrived.
    public var impliesDelivery: Bool {
      switch self {
      case .delivered, .opened, .clicked, .read, .replied: true
      default: false
      }
    }

    /// The kind in lower case.
    public var description: String { rawValue }
  }
}
