public import SmoovenCallbacks

/// A callback that is waited for, and the URL to which it must be sent.
public struct ExpectedCallback: Sendable {
  /// The URL to which the callback must be sent.
  ///
  /// Anyone who knows the URL can address the wait, so treat it like a secret.
  public let callbackURL: String
  private let lease: SlotLease

  init(callbackURL: String, lease: SlotLease) {
    self.callbackURL = callbackURL
    self.lease = lease
  }

  /// The callbacks that arrive at this URL, from the first one on.
  public var events: DeliveryEvents { DeliveryEvents(lease) }
}

extension ExpectedCallback: SafelyDescribed {
  /// A placeholder, because the URL contains a token.
  public var description: String { "<expected callback>" }
}
