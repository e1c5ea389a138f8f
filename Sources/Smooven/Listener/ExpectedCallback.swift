public import SmoovenCallbacks

/// A callback that is waited for, and the URL to which it must be sent.
public struct ExpectedCallback: Sendable {
  /// Where to send the callback.
  ///
  /// Anyone who knows it can address the wait, so treat it like a secret.
  public let callbackURL: String
  private let lease: SlotLease

  init(callbackURL: String, lease: SlotLease) {
    self.callbackURL = callbackURL
    self.lease = lease
  }

  /// The callbacks that arrive at this URL, from the first on.
  public var events: DeliveryEvents { DeliveryEvents(lease) }
}

extension ExpectedCallback: SafelyDescribed {
  /// A placeholder: the URL holds a token.
  public var description: String { "<expected callback>" }
}
