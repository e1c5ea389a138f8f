internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

extension DeliveryReport {
  /// Creates the report of a delivery in a state.
  ///
  /// If the delivery is overdue and isn't known to have ended, it has timed out.
  ///
  /// - Throws: The error of a send that failed.
  init(
    _ delivery: OpenDelivery,
    _ state: OpenDelivery.State,
    now: Date,
    isOverdue: Bool,
    isJoined: Bool
  ) throws {
    self.init(
      handle: delivery.handle,
      outcome: .waiting,
      status: DeliveryStatus.unconfirmed.rawValue,
      elapsed: .seconds(min(max(now.timeIntervalSince(delivery.openedAt), 0), 1e9)),
      isJoined: isJoined,
      note: delivery.note,
      deadline: delivery.limit
    )
    switch state {
    case .sending: if isOverdue { outcome = .timedOut }
    case .refused(let error): throw error
    case .sent(let handle):
      describe(handle)
      switch handle.verdict {
      case .delivered(let event): settle(.delivered, event)
      case .failed(let event): settle(.failed, event)
      case nil: if isOverdue { outcome = .timedOut }
      }
    case .ended(let handle, let end, let date):
      elapsed = .seconds(min(max(date.timeIntervalSince(delivery.openedAt), 0), 1e9))
      describe(handle)
      switch end {
      case .delivered(let event): settle(.delivered, event)
      case .failed(let event): settle(.failed, event)
      case .timedOut(let lastKnown, let channels):
        outcome = .timedOut
        status = lastKnown.rawValue
        // With several channels, the first one that failed is the most useful.
        failure = channels.first?.failure
      }
    }
  }

  private mutating func describe(_ handle: NotificationHandle) {
    notificationID = handle.id
    channel = handle.receipt?.channel?.rawValue
    status = handle.status.rawValue
  }

  private mutating func settle(_ outcome: Outcome, _ event: CallbackEvent) {
    self.outcome = outcome
    channel = event.channel?.rawValue ?? channel
    failure = outcome == .failed ? event.failure ?? .init(reason: nil, code: nil) : nil
  }
}
