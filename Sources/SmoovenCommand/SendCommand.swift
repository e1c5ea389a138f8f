internal import ArgumentParser
internal import Smooven

/// `smooven send`: sends one notification and waits for its outcome.
struct SendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send a notification and wait until it arrives, fails, or time runs out.",
    discussion: """
      The Secret Key comes from SMOOVEN_SECRET_KEY. During a rotation, separate the keys with commas; the first one \
      sends. SMOOVEN_BASE_URL and SMOOVEN_PUBLIC_URL replace --base-url and --public-url.
      """
  )

  @Argument(help: "The message in plain words. Smooven picks the channel.")
  var intent: String?

  @OptionGroup var recipient: RecipientOptions

  @Option(help: "A value for the intent, as key=text or key:=JSON. Repeat it for more.")
  var context: [ContextArgument] = []

  @Option(help: "Use this channel, in place of an intent: sms, rcs, push, email or inapp.")
  var channel: String?

  @Option(help: "The text for that channel.")
  var message: String?

  @Flag(inversion: .prefixedNo, help: "Wait for the outcome.")
  var wait = true

  @Option(help: "The maximum time to wait: 30s, 500ms, 2m.")
  var timeout = DurationArgument(seconds: 30)

  @Option(help: "The status to wait for: delivered, opened or clicked.")
  var until = Until.delivered

  @OptionGroup var sending: SendingOptions

  /// The values of `--until`.
  enum Until: String, ExpressibleByArgument, CaseIterable {
    case delivered, opened, clicked

    var criterion: DeliveryCriterion {
      switch self {
      case .delivered: .delivered
      case .opened: .opened
      case .clicked: .clicked
      }
    }
  }

  func validate() throws {
    switch (intent, channel) {
    case (nil, nil): throw ValidationError("Give an intent, or --channel with --to.")
    case (.some, .some): throw ValidationError("Give either an intent or --channel, not both.")
    case (.some, nil):
      if recipient.user?.isEmpty ?? true {
        throw ValidationError("An intent needs --user, the id of its recipient.")
      }
      if recipient.to != nil || message != nil {
        throw ValidationError("--to and --message belong to --channel.")
      }
    case (nil, .some):
      if recipient.to?.isEmpty ?? true {
        throw ValidationError("--channel needs --to, the recipient on that channel.")
      }
      if recipient.user != nil || !context.isEmpty {
        throw ValidationError("--user and --context belong to an intent.")
      }
    }
    try sending.checkKey()
    do {
      try request.validate()
    } catch {
      throw ValidationError(optionNamed(in: error))
    }
  }

  /// Returns the rule that a request broke, with the name of the option instead of the field.
  private func optionNamed(in error: SmoovenError) -> String {
    switch error.field {
    case "urgency", "channel", "to", "message": "--\(error.message)"
    case "context.user_id": "--context and --user: \(error.message)"
    default: error.message
    }
  }

  func run() async throws {
    try await sending.run(callTimeout: timeout.duration) { try await send($0) }
  }

  private var request: NotifyRequest {
    if let channel {
      return NotifyRequest(
        channel: NotificationChannel(rawValue: channel),
        to: recipient.to ?? "",
        message: message,
        urgency: recipient.parsedUrgency
      )
    }
    let values = context.map { ($0.key, $0.value) }
    return NotifyRequest(
      intent: intent ?? "",
      urgency: recipient.parsedUrgency,
      context: NotificationContext(
        userID: recipient.user ?? "",
        Dictionary(values, uniquingKeysWith: { _, last in last })
      )
    )
  }

  private func send(_ client: SmoovenClient) async throws -> Int32 {
    let (start, timeout) = (ContinuousClock.now, timeout.duration)
    let timeline = Timeline(
      start: start,
      timeout: timeout,
      isSilent: sending.json,
      isPolling: sending.service.poll
    )
    let spinner = Task { await timeline.spin(wait ? "waiting until \(until.rawValue)" : "sending") }
    defer { spinner.cancel() }
    do {
      let handle = try await client.notify(request, idempotencyKey: sending.idempotencyKey)
      let report = try await follow(handle, timeline, start: start, timeout: timeout)
      await timeline.finish(handle, report.lastLine)
      if sending.json { Terminal.print(json: report) }
      if report.isUnconfirmed {
        await Why.printed(
          by: client,
          handle,
          inSandbox: sending.service.sandbox ? recipient.user ?? recipient.to : nil
        )
      }
      return report.exitCode
    } catch {
      await timeline.clear()
      throw error
    }
  }

  private func follow(
    _ handle: NotificationHandle,
    _ timeline: Timeline,
    start: ContinuousClock.Instant,
    timeout: Duration
  ) async throws -> OutcomeReport {
    await timeline.noteAcceptance(of: handle)
    guard wait else { return OutcomeReport(accepted: handle, elapsed: ContinuousClock.now - start) }
    let follower = Task { await timeline.follow(handle) }
    defer { follower.cancel() }
    let left = timeout - (ContinuousClock.now - start)
    let outcome = try await handle.outcome(timeout: max(left, .milliseconds(1)), until: until.criterion)
    follower.cancel()
    await follower.value
    return OutcomeReport(outcome, of: handle, elapsed: ContinuousClock.now - start)
  }
}
