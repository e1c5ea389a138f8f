/// The callbacks of a log to read, which are those of a group that have the token or one of the ids.
///
/// These are candidates. The library decides which of them a delivery really gets.
public struct CallbackLookup: Sendable, Hashable {
  /// The group (see ``CallbackEvent/group``).
  public var group: String
  /// The token in the callback's URL.
  public var token: DeliveryToken?
  /// The ids, one of which must be among the callback's correlation or conversation ids.
  public var ids: [String]

  /// Creates a lookup.
  public init(group: String, token: DeliveryToken? = nil, ids: [String] = []) {
    self.group = group
    self.token = token
    self.ids = ids
  }

  /// Returns whether a callback is one of those to read.
  public func matches(_ callback: StoredCallback) -> Bool {
    guard callback.event.group == group else { return false }
    if let token, callback.token == token { return true }
    return callback.event.correlationIDs.contains(where: ids.contains)
      || callback.event.conversationIDs.contains(where: ids.contains)
  }
}
