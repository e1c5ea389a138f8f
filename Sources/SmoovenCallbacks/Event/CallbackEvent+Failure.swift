internal import SmoovenSupport

extension CallbackEvent {
  /// The reason for a failed notification.
  ///
  /// The texts are the provider's and may quote an address, so the description shows only the code.
  public struct Failure: Sendable, Hashable, SafelyDescribed {
    /// The reason, in the provider's words.
    public var reason: String?
    /// The provider's code.
    public var code: String?

    /// Creates a failure.
    public init(reason: String?, code: String?) {
      self.reason = reason
      self.code = code
    }

    /// The code.
    public var description: String { "failure(\(code?.loggable ?? "no code"))" }
  }
}
