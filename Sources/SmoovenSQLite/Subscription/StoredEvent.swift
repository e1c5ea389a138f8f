#if SQLiteSupport
public import SmoovenCallbacks

/// An event, and its place in the store.
public struct StoredEvent: Sendable, Hashable {
  /// Its place, to go on behind it.
  public var cursor: EventCursor
  /// The event as it was appended.
  public var event: CallbackEvent
}
#endif
