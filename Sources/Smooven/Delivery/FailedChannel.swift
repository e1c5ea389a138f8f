public import SmoovenCallbacks

/// A channel on which a notification failed, while another one may still deliver it.
public struct FailedChannel: Sendable, Hashable {
  /// The channel, if the event named one.
  public var channel: NotificationChannel?
  /// The reason for the failure, if the event included one.
  public var failure: CallbackEvent.Failure?

  /// Creates a failed channel.
  public init(channel: NotificationChannel?, failure: CallbackEvent.Failure? = nil) {
    self.channel = channel
    self.failure = failure
  }
}
