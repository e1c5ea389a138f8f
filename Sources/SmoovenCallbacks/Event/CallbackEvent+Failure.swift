internal import SmoovenSupport

extension CallbackEvent {
  /// Why a notification failed.
  ///
  /// The texts are the provider's own and may quote an address, so the description shows the code alone.
  public struct Failure: Sendable, Hashable, SafelyDescribed {
    /// The provider's words.
    public var reason: String?
    /// The provider's code.
    public var code: String?

    /// Makes a failure.
    public init(reason: String?, code: String?) {
      self.reason = reason
      self.code = code
    }

    /// The code.
    public var description: String { "failure(\(code?.loggable ?? "no code"))" }
  }
}
