internal import NIOCore

/// The timer of a connection.
///
/// Most deadlines are replaced long before they're due. So the alarm is left in place, and if it rings early, it's set
/// again. A new deadline then costs one look at the clock and no scheduling.
final class HTTPConnectionTimer {
  private let eventLoop: any EventLoop
  private var deadline: NIODeadline?
  private var alarm: (due: NIODeadline, scheduled: Scheduled<Void>)?
  private var onExpiry: (() -> Void)?

  init(eventLoop: any EventLoop, onExpiry: @escaping () -> Void) {
    self.eventLoop = eventLoop
    self.onExpiry = onExpiry
  }

  /// Replaces the deadline, or removes it if the amount is `nil`.
  func expire(after amount: TimeAmount?) {
    deadline = amount.map { .now() + $0 }
    setAlarm()
  }

  /// Stops the timer permanently.
  func stop() {
    deadline = nil
    onExpiry = nil
    alarm?.scheduled.cancel()
    alarm = nil
  }

  private func setAlarm() {
    guard let deadline, onExpiry != nil else { return }
    if let alarm {
      if alarm.due <= deadline { return }
      alarm.scheduled.cancel()
    }
    let scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.ring() }
    alarm = (deadline, scheduled)
  }

  private func ring() {
    alarm = nil
    guard let deadline else { return }
    guard NIODeadline.now() >= deadline else { return setAlarm() }
    self.deadline = nil
    onExpiry?()
  }
}

extension TimeAmount {
  /// Creates the amount for a setting, which is never negative, and short enough to be added to any instant.
  init(setting duration: Duration) {
    self.init(min(max(duration, .zero), .seconds(365 * 86_400)))
  }
}
