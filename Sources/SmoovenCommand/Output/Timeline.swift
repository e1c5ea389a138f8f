internal import Smooven
internal import SmoovenSupport

/// The progress of one notification, with one line per event, and on a terminal the remaining seconds.
actor Timeline {
  private let start: ContinuousClock.Instant
  private let deadline: ContinuousClock.Instant
  private let isSilent: Bool
  /// Whether news comes from status queries.
  private let isPolling: Bool
  private var printed = 0
  private var frame = 0
  private var isDone = false

  init(start: ContinuousClock.Instant, timeout: Duration, isSilent: Bool, isPolling: Bool = false) {
    self.start = start
    self.isPolling = isPolling
    deadline = start.advanced(by: timeout)
    self.isSilent = isSilent
  }

  /// Prints every callback of a notification as it arrives, until cancelled.
  func follow(_ handle: NotificationHandle) async {
    for await event in handle.events { print(event) }
  }

  /// Shows an animation, until cancelled.
  ///
  /// It does so only on a terminal.
  func spin(_ label: String) async {
    guard Terminal.isInteractive, !isSilent else { return }
    let frames = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
    while !Task.isCancelled, !isDone {
      let left = max(0, (deadline - ContinuousClock.now).inSeconds)
      Terminal.draw("  \(frames[frame % frames.count]) \(label), \(Int(left.rounded(.up))) s left")
      frame += 1
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Prints the result of the send.
  func noteAcceptance(of handle: NotificationHandle) {
    if let error = handle.sendError {
      note("unconfirmed", "\(error.message)\(isPolling ? "" : "; a callback may still tell")")
    } else if let receipt = handle.receipt {
      let details = [receipt.channel?.rawValue, receipt.notificationID].compactMap(\.self)
      note("accepted", details.joined(separator: ", "))
    }
  }

  /// Prints a line that comes from the command itself.
  func note(_ what: String, _ detail: String = "") {
    line(what, detail)
  }

  /// Prints the events that arrived but weren't printed yet, and the last line.
  func finish(_ handle: NotificationHandle, _ lastLine: String) async {
    let count = handle.eventNames.count
    var position = 0
    if printed < count {
      for await event in handle.events {
        position += 1
        if position > printed { print(event) }
        if position >= count { break }
      }
    }
    isDone = true
    guard !isSilent else { return }
    if Terminal.isInteractive { Terminal.draw("") }
    Terminal.print(lastLine)
  }

  /// Removes the line that is overwritten.
  func clear() {
    isDone = true
    if Terminal.isInteractive, !isSilent { Terminal.draw("") }
  }

  private func print(_ event: CallbackEvent) {
    printed += 1
    let name = event.name.split(separator: ".").last.map(String.init) ?? event.name
    var details = [event.channel?.rawValue, event.failure.map { $0.reason ?? $0.code ?? "no reason given" }]
    if event.source == .statusQuery, !isPolling { details.append("found by asking, its callback was lost") }
    line(name, details.compactMap(\.self).joined(separator: ", "))
  }

  private func line(_ what: String, _ detail: String) {
    guard !isSilent else { return }
    let time = Self.seconds(ContinuousClock.now - start)
    let padded = what + String(repeating: " ", count: max(1, 12 - what.count))
    if Terminal.isInteractive { Terminal.draw("") }
    Terminal.print("  \(String(repeating: " ", count: max(0, 7 - time.count)))\(time)  \(padded)\(detail)")
  }

  static func seconds(_ duration: Duration) -> String {
    let hundredths = Int((duration.inSeconds * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
  }
}
