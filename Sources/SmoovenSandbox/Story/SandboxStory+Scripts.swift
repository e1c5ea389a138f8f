package import SmoovenCallbacks

extension SandboxStory {
  /// Creates the story of a script.
  ///
  /// - Parameters:
  ///   - script: The script that the recipient asks for.
  ///   - channel: The channel that is tried first.
  ///   - sibling: The channel that is used at the same time, for `critical` urgency.
  package init(
    _ script: SandboxScript,
    on channel: NotificationChannel,
    and sibling: NotificationChannel? = nil
  ) {
    let channels = [channel] + (sibling.map { [$0] } ?? [])
    // Opens and clicks are observed on one channel, and a text message isn't the likely one.
    let screen = sibling ?? channel
    self.steps = [Step("queued", on: channel)] + channels.map { Step("sent", on: $0) }
    let delivered = channels.map { Step("delivered", on: $0) }
    switch script {
    case .deliver:
      steps += delivered
    case .fail:
      steps += channels.map { Step("failed", on: $0, reason: "rejected_by_carrier") }
    case .undelivered:
      steps += channels.map { Step("failed", status: "undelivered", on: $0, reason: "recipient_unreachable") }
    case .fallback:
      // The fallback goes to SMS, so another channel must have been tried before.
      let first: NotificationChannel = sibling ?? (channel == .sms ? .rcs : channel)
      steps = [
        Step("queued", on: first), Step("sent", on: first),
        Step("fallback", status: "sent", on: .sms, reason: "\(first)_not_supported"),
        Step("delivered", on: .sms),
      ]
    case .silent:
      steps = [Step("queued", on: channel)]
    case .early:
      steps += delivered
      answer = .acceptedAfterCallbacks
    case .duplicate:
      steps = (steps + delivered).map { $0.sending(.twice) }
    case .reorder:
      steps += delivered
      isSentInReverse = true
    case .forged:
      steps = [Step("failed", on: channel, reason: "forged").sending(.forged)] + steps + delivered
    case .open:
      steps += delivered + [Step("opened", on: screen)]
    case .click:
      steps += delivered + [Step("opened", on: screen), Step("clicked", on: screen)]
    case .lost:
      steps += delivered.map { $0.sending(.never) }
    case .partial:
      let failed = sibling.map { [Step("failed", on: $0, reason: "rejected_by_carrier")] } ?? []
      steps += failed + [Step("delivered", on: channel)]
    case .drop:
      steps += delivered
      answer = .cutConnection
    case .error500:
      steps += delivered
      answer = .serverError
    case .busy:
      steps += delivered
      answer = .busyOnce
    case .invalid:
      steps = []
      answer = .invalidRecipient
    case .answer:
      steps += delivered
      visit = .answer
    case .scanner:
      steps += delivered
      visit = .scan
    }
  }
}

extension SandboxStory.Step {
  init(_ event: String, status: String? = nil, on channel: NotificationChannel, reason: String? = nil) {
    self.init(event: event, status: status ?? event, channel: channel, reason: reason)
  }

  func sending(_ sending: SandboxStory.Sending) -> Self {
    var copy = self
    copy.sending = sending
    return copy
  }
}
