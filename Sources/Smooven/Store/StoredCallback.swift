public import SmoovenCallbacks

public import struct Foundation.Date

/// A verified event in the form in which a store keeps it.
public struct StoredCallback: Sendable, Hashable, Codable {
  /// The event.
  public var event: CallbackEvent
  /// The token in the URL at which it arrived, if any.
  public var token: DeliveryToken?
  /// The time at which it arrived, by the wall clock of the process that received it.
  public var receivedAt: Date

  /// Creates a callback to store.
  public init(_ event: CallbackEvent, token: DeliveryToken? = nil, receivedAt: Date) {
    self.event = event
    self.token = token
    self.receivedAt = receivedAt
  }
}
