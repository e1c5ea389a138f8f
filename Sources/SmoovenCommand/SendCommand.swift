internal import ArgumentParser
internal import Smooven

/// `smooven send`: sends one notification and waits for its outcome.
struct SendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send a notification and wait until it arrives, fails, or time runs out.",
    discussion: """
      The Secret Key comes from SMOOVEN_SECRET_KEY (several, separated by commas, while it is rotated; the first \
      is used to send). SMOOVEN_BASE_URL and SMOOVEN_PUBLIC_URL stand in for --base-url and --public-url.
      """
  )

  @Argument(help: "What is to be said, in plain words; Smooven picks the channel.")
  var intent: String?

  @Option(help: "The recipient's id. Needed with an intent.")
  var user: String?

  @Option(help: "low, normal, high or critical.")
  var urgency: String?

  @Option(parsing: .upToNextOption, help: "Values for the intent, as key=value.")
  var context: [KeyValue] = []

  @Option(help: "Use this channel, in place of an intent: sms, rcs, push, email or inapp.")
  var channel: String?

  @Option(help: "The recipient on that channel: a phone number (+…), an email address, or a player id.")
  var to: String?

  @Option(help: "The text for that channel.")
  var message: String?

  @Flag(inversion: .prefixedNo, help: "Wait for the outcome.")
  var wait = true

  @Option(help: "How long to wait: 30s, 500ms, 2m.")
  var timeout = DurationArgument(seconds: 30)

  @Option(help: "What to wait for: delivered, opened or clicked.")
  var until = Until.delivered

  @OptionGroup var service: ServiceOptions

  @Option(
    help: "A name for this send, under which it happens once; it needs --store to outlive this process."
  )
  var idempotencyKey: String?

  @Flag(help: "Print the outcome as one JSON object, and nothing else, on standard output.")
  var json = false

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
      if user?.isEmpty ?? true { throw ValidationError("An intent needs --user, the id of its recipient.") }
      if to != nil || message != nil { throw ValidationError("--to and --message belong to --channel.") }
    case (nil, .some):
      if to?.isEmpty ?? true { throw ValidationError("--channel needs --to, the recipient on that channel.") }
      if user != nil || !context.isEmpty {
        throw ValidationError("--user and --context belong to an intent.")
      }
    }
    if let idempotencyKey, !(1...200).contains(idempotencyKey.utf8.count) {
      throw ValidationError("--idempotency-key takes 1 to 200 bytes.")
    }
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
    let code = try await reportingErrors(json: json) {
      try await service.withClient(callTimeout: timeout.duration, idempotencyKey: idempotencyKey) { client in
        try await send(client)
      }
    }
    throw ExitCode(code)
  }

  private var request: NotifyRequest {
    if let channel {
      return NotifyRequest(
        channel: NotificationChannel(rawValue: channel),
        to: to ?? "",
        message: message,
        urgency: urgency.map(Urgency.init(rawValue:))
      )
    }
    let values = context.map { ($0.key, JSONValue.string($0.value)) }
    return NotifyRequest(
      intent: intent ?? "",
      urgency: urgency.map(Urgency.init(rawValue:)),
      context: NotificationContext(
        userID: user ?? "",
        Dictionary(values, uniquingKeysWith: { _, last in last })
      )
    )
  }

  private func send(_ client: SmoovenClient) async throws -> Int32 {
    let (start, timeout) = (ContinuousClock.now, timeout.duration)
    let timeline = Timeline(start: start, timeout: timeout, isSilent: json, isPolling: service.poll)
    let spinner = Task { await timeline.spin(wait ? "waiting until \(until.rawValue)" : "sending") }
    defer { spinner.cancel() }
    do {
      let handle = try await client.notify(request, idempotencyKey: idempotencyKey)
      let report = try await follow(handle, timeline, start: start, timeout: timeout)
      await timeline.finish(handle, report.lastLine)
      if json { Terminal.print(json: report) }
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
