extension CallbackEvent {
  /// The recipient of a notification.
  ///
  /// This is personal data, so the description doesn't show it.
  public struct Recipient: Sendable, Hashable, SafelyDescribed {
    /// The id by which the sender knows the recipient.
    public var userID: String?
    /// The address on the channel, such as a phone number, an email address or a player id.
    public var address: String?

    /// Creates a recipient.
    public init(userID: String?, address: String?) {
      self.userID = userID
      self.address = address
    }

    /// The text `<recipient>`.
    public var description: String { "<recipient>" }
  }
}
