public import struct Foundation.Date

/// NotificationAPI's events webhook, which is not signed.
///
/// A request proves nothing about its sender, so a listener mounts this provider only with some authentication, by
/// default a token in the URL. There is no delivered event: an open or a click implies delivery (source:
/// NotificationAPI's events webhook documentation).
public struct NotificationAPICallbackProvider: CallbackProvider {
  /// `notificationapi`.
  public let name = "notificationapi"
  /// No.
  public let isSigned = false

  /// Makes a provider.
  public init() {}

  /// Accepts every request: there is nothing to check.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    Verification(secretIndex: nil)
  }

  /// Reads the eight documented events in all their spellings; unknown ones are kept as other.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    try NotificationAPIDecoding.decode(request, provider: name)
  }
}

extension CallbackProvider where Self == NotificationAPICallbackProvider {
  /// NotificationAPI's events webhook, which is not signed.
  public static func notificationAPI() -> NotificationAPICallbackProvider {
    NotificationAPICallbackProvider()
  }
}
