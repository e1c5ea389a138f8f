public import Smooven

public import struct Foundation.Date

/// A callback that ``MockTransport`` sends.
public struct MockCallback: Sendable {
  /// The time at which a callback is sent, relative to the response to its request.
  public enum Timing: Sendable, Hashable {
    /// Before the response, which waits for the callback.
    case before
    /// While the response is on its way, in no particular order.
    case with
    /// After the client has processed the response.
    case after
  }

  /// The event's name, such as `notification.delivered`.
  public var event: String
  /// The channel.
  public var channel: NotificationChannel
  /// The status, which defaults to the last part of the event's name.
  public var status: String?
  /// The time at which the callback is sent, relative to the response.
  public var timing: Timing
  /// The time at which the event happened, which defaults to the time at which the callback is sent.
  public var timestamp: Date?

  /// Creates a callback.
  public init(
    _ event: String,
    channel: NotificationChannel = .sms,
    status: String? = nil,
    timing: Timing = .after,
    timestamp: Date? = nil
  ) {
    self.event = event
    self.channel = channel
    self.status = status
    self.timing = timing
    self.timestamp = timestamp
  }

  /// The notification was accepted.
  public static let queued = MockCallback("notification.queued")
  /// The notification was handed to the carrier.
  public static let sent = MockCallback("notification.sent")
  /// The first channel failed, and the next one is tried.
  public static let fallback = MockCallback("notification.fallback")
  /// The notification arrived.
  public static let delivered = MockCallback("notification.delivered")
  /// The notification failed permanently.
  public static let failed = MockCallback("notification.failed")
  /// The recipient opened the notification.
  public static let opened = MockCallback("notification.opened")
  /// The recipient clicked a link or an action.
  public static let clicked = MockCallback("notification.clicked")

  /// Returns the same callback on another channel.
  public func on(_ channel: NotificationChannel) -> MockCallback {
    var copy = self
    copy.channel = channel
    return copy
  }

  /// Returns the same callback with another timing.
  public func sent(_ timing: Timing) -> MockCallback {
    var copy = self
    copy.timing = timing
    return copy
  }

  func fixture(notificationID: String) -> SmoovenCallbackFixture {
    SmoovenCallbackFixture(
      event,
      notificationID: notificationID,
      channel: channel,
      status: status,
      timestamp: timestamp ?? Date()
    )
  }
}
