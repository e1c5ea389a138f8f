/// The provider of NotificationAPI's events webhook, which isn't signed.
///
/// A request proves nothing about its sender, so a listener mounts this provider only with some
/// authentication, by default a token in the URL. There's no delivered event: an open or a click implies
/// delivery (source: NotificationAPI's events webhook documentation).
public struct NotificationAPICallbackProvider: UnsignedCallbackProvider {
  /// `notificationapi`.
  public let name = "notificationapi"

  /// Creates a provider.
  public init() {}

  /// Reads the eight documented events in all their spellings.
  ///
  /// Unknown events are kept as other.
  public func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    CallbackEvent(try NotificationAPIDecoding.fields(of: request, provider: name))
  }
}

extension CallbackProvider where Self == NotificationAPICallbackProvider {
  /// Returns the provider of NotificationAPI's events webhook, which isn't signed.
  public static func notificationAPI() -> NotificationAPICallbackProvider {
    NotificationAPICallbackProvider()
  }
}
