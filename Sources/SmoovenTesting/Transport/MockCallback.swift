public import Smooven

public import struct Foundation.Date

/// A callback that ``MockTransport`` sends.
public struct MockCallback: Sendable {
  /// When a callback is sent, in relation to the answer to its request.
  public enum Timing: Sendable, Hashable {
    /// Before the answer, which waits for it.
    case before
    /// While the answer is on its way, in no particular order.
    case with
    /// When the client has dealt with the answer.
    case after
  }

  /// The event's name, such as `notification.delivered`.
  public var event: String
  /// The channel.
  public var channel: NotificationChannel
  /// The status; by default the last part of the event's name.
  public var status: String?
  /// When it is sent.
  public var timing: Timing
  /// When it happened; by default when it is sent.
  public var timestamp: Date?

  /// Makes a callback.
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

  /// Accepted.
  public static let queued = MockCallback("notification.queued")
  /// Handed to the carrier.
  public static let sent = MockCallback("notification.sent")
  /// The first channel failed, the next is tried.
  public static let fallback = MockCallback("notification.fallback")
  /// Arrived.
  public static let delivered = MockCallback("notification.delivered")
  /// Failed for good.
  public static let failed = MockCallback("notification.failed")
  /// Opened.
  public static let opened = MockCallback("notification.opened")
  /// Clicked.
  public static let clicked = MockCallback("notification.clicked")

  /// The same callback on another channel.
  public func on(_ channel: NotificationChannel) -> MockCallback {
    var copy = self
    copy.channel = channel
    return copy
  }

  /// The same callback at another time.
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
