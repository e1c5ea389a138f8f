public import SmoovenCallbacks

/// Options of an RCS message.
///
/// Smooven documents that cards and buttons exist, but not their inner shape.
public struct RCSOptions: Sendable, Hashable {
  /// The rich cards, each of which may be any JSON.
  public var cards: [JSONValue]?
  /// The suggested replies and actions, each of which may be any JSON.
  public var buttons: [JSONValue]?

  /// Creates options, of which only those with a value are sent.
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
