extension CallbackEvent {
  /// The recipient of a notification.
  ///
  /// It is personal data, so its description does not show it.
  public struct Recipient: Sendable, Hashable, SafelyDescribed {
    /// The id by which the sender knows the recipient.
    public var userID: String?
    /// The address on the channel: a phone number, an email address, a player id.
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
