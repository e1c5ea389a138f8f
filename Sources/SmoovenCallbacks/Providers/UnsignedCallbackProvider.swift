public import struct Foundation.Date

/// A provider whose callbacks are not signed.
///
/// A request proves nothing about its sender, so a listener mounts the provider only with some authentication, by
/// default a token in the URL.
public protocol UnsignedCallbackProvider: CallbackProvider {}

extension UnsignedCallbackProvider {
  /// Not signed.
  public var isSigned: Bool { false }

  /// Accepts every request, because there is nothing to check.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    Verification(secretIndex: nil)
  }
}
