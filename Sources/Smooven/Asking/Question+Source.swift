internal import SmoovenCallbacks

extension Question {
  /// The inbound messages of another system that count as answers, such as a customer's reply by SMS.
  public struct Source: Sendable, Hashable, Codable {
    /// The group of the endpoint at which they arrive (see ``CallbackEvent/group``).
    public var group: String
    /// The ids to find them by, any of which is enough.
    public var ids: [String]

    /// Creates a source.
    public init(group: String, ids: [String]) {
      self.group = group
      self.ids = ids
    }

    /// Returns a customer's replies to a sender, from Smobi's webhook for inbound messages.
    ///
    /// - Parameters:
    ///   - customer: The customer's number, with or without a plus sign.
    ///   - sender: The number or name that the customer writes to.
    ///   - group: The group of the endpoint. Defaults to `smobi`.
    /// - Returns: The source.
    public static func smobi(customer: String, sender: String, group: String = "smobi") -> Source {
      Source(group: group, ids: [SmobiCallbackProvider.conversationID(customer: customer, sender: sender)])
    }
  }
}
