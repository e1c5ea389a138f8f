public import SmoovenCallbacks

/// Options of an RCS message.
///
/// Smooven documents that there are cards and buttons, but not their inner shape.
public struct RCSOptions: Sendable, Hashable {
  /// Rich cards, each any JSON.
  public var cards: [JSONValue]?
  /// Suggested replies and actions, each any JSON.
  public var buttons: [JSONValue]?

  /// Creates options; `nil` values aren't sent.
  public init(cards: [JSONValue]? = nil, buttons: [JSONValue]? = nil) {
    self.cards = cards
    self.buttons = buttons
  }

  var json: JSONValue {
    .members(["cards": cards.map(JSONValue.array), "buttons": buttons.map(JSONValue.array)])
  }
}

extension RCSOptions: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<RCS options>" }
}
