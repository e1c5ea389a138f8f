public import SmoovenCallbacks

/// A callback that somebody waits for, and the URL at which to send it.
public struct ExpectedCallback: Sendable {
  /// Where to send the callback.
  ///
  /// Whoever knows it can address the wait, so treat it like a secret.
  public let callbackURL: String
  private let lease: SlotLease

  init(callbackURL: String, lease: SlotLease) {
    self.callbackURL = callbackURL
    self.lease = lease
  }

  /// The callbacks that come to this URL, from the first on.
  public var events: CallbackEvents { CallbackEvents(lease) }
}

extension ExpectedCallback: SafelyDescribed {
  /// A placeholder: the URL holds a token.
  public var description: String { "<expected callback>" }
}
