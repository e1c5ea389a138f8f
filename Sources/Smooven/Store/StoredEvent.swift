public import SmoovenCallbacks

/// A callback in a store's log, with its place there.
public struct StoredEvent: Sendable, Hashable, Codable {
  /// The callback's place, after which reading can continue.
  public var cursor: EventCursor
  /// The callback as it was appended.
  public var callback: StoredCallback

  /// Creates a callback with its place.
  public init(cursor: EventCursor, callback: StoredCallback) {
    self.cursor = cursor
    self.callback = callback
  }

  /// The event as it was appended.
  public var event: CallbackEvent { callback.event }
}
