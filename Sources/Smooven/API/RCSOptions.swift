public import SmoovenCallbacks

/// Options of an RCS message.
///
/// Smooven documents that there are cards and buttons, not their inner shape.
public struct RCSOptions: Sendable, Hashable, Encodable {
  /// Rich cards, each any JSON.
  public var cards: [JSONValue]?
  /// Suggested replies and actions, each any JSON.
  public var buttons: [JSONValue]?

  /// Makes options; what is `nil` is not sent.
  public init(cards: [JSONValue]? = nil, buttons: [JSONValue]? = nil) {
    self.cards = cards
    self.buttons = buttons
  }
}

extension RCSOptions: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<RCS options>" }
}
