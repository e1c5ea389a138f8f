internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

extension DeliveryReport {
  /// Creates the report of a delivery in a state.
  ///
  /// If the delivery is overdue and isn't known to have ended, it has timed out.
  ///
  /// - Throws: The error of a send that failed, or ``ToolFailure`` if the store doesn't respond.
  init(
    _ delivery: OpenDelivery,
    _ state: OpenDelivery.State,
    now: Date,
    isOverdue: Bool,
    isJoined: Bool
  ) throws {
    self.init(
      handle: delivery.handle,
      outcome: isOverdue ? .timedOut : .waiting,
      status: DeliveryStatus.unconfirmed.rawValue,
      elapsed: .seconds(min(max(now.timeIntervalSince(delivery.openedAt), 0), 1e9)),
      isJoined: isJoined,
      isQuestion: delivery.isQuestion,
      note: delivery.note,
      deadline: delivery.limit
    )
    switch state {
    case .reading: throw ToolFailure.storeIsSlow
    case .refused(let error, _): throw error
    case .sending: break
    case .sent(let message): describe(message.notification)
    case .ended(let message, let end, let moment):
      elapsed = .seconds(min(max(moment.date.timeIntervalSince(delivery.openedAt), 0), 1e9))
      describe(message.notification)
      settle(end)
    }
  }

  private mutating func describe(_ handle: NotificationHandle) {
    notificationID = handle.id
    channel = handle.receipt?.channel.map(Self.word)
    status = Self.word(handle.status)
  }

  private mutating func settle(_ end: MessageEnd) {
    switch end {
    case .delivered(let event):
      outcome = .delivered
      channel = event.channel.map(Self.word) ?? channel
    case .answered(let reply):
      outcome = .answered
      answer = reply
    case .failed(let event):
      outcome = .failed
      channel = event.channel.map(Self.word) ?? channel
      failure = event.failure ?? .init(reason: nil, code: nil)
    case .timedOut(let lastKnown, let channels):
      outcome = .timedOut
      status = Self.word(lastKnown)
      // With several channels, the first one that failed is the most useful.
      failure = channels.first?.failure
    }
  }
}

// Words of this library, so that no text from outside reaches a field that isn't said to be data.
extension DeliveryReport {
  /// Returns the name of a status, or `unknown` for one that this library doesn't know.
  static func word(_ status: DeliveryStatus) -> String {
    let known: [DeliveryStatus] = [
      .unconfirmed, .queued, .sent, .fallback, .delivered, .opened, .clicked, .read, .replied, .failed,
      .undelivered,
    ]
    return known.contains(status) ? status.rawValue : "unknown"
  }

  /// Returns the name of a channel, or `other` for one that this library doesn't know.
  static func word(_ channel: NotificationChannel) -> String {
    ToolSchema.channels.contains(channel.rawValue) ? channel.rawValue : "other"
  }
}
