internal import ArgumentParser
internal import Smooven
internal import SmoovenSandbox

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

  @Flag(help: "Send to a sandbox inside this process: nothing leaves the machine.")
  var sandbox = false

  @Option(help: "Where Smooven is. Default: https://api.smooven.io.")
  var baseURL: String?

  @Option(help: "Where to take callbacks, as HOST:PORT. Default: a free port on 127.0.0.1.")
  var listen: HostAndPort?

  @Flag(
    help: """
      Bind no port: callbacks arrive at another process with the same store, such as smooven listen. Needs --store and \
      --public-url.
      """
  )
  var noListen = false

  @Option(help: "How Smooven reaches the port where callbacks arrive: the URL of your proxy or tunnel.")
  var publicURL: String?

  @OptionGroup var storage: StoreOptions

  @Option(
    help: "A name for this send, under which it happens once; it needs --store to outlive this process."
  )
  var idempotencyKey: String?

  @Flag(help: "Print the outcome as one JSON object, and nothing else, on standard output.")
  var json = false

  @OptionGroup var logging: LoggingOptions

  /// What `--until` may be.
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
    if sandbox, baseURL != nil { throw ValidationError("Give either --sandbox or --base-url, not both.") }
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
    try Checks.url(baseURL, "--base-url")
    try Checks.url(publicURL, "--public-url")
    try checkListening()
    do {
      try request.validate()
    } catch {
      throw ValidationError(optionNamed(in: error))
    }
  }

  /// Checks that there is a place where callbacks arrive, and one only.
  private func checkListening() throws {
    guard noListen else { return }
    if listen != nil { throw ValidationError("Give either --listen or --no-listen, not both.") }
    // A sandbox inside this process calls back where the command line says, not where the real one would.
    let url = publicURL ?? (sandbox ? nil : Environment.value("SMOOVEN_PUBLIC_URL"))
    var missing: [String] = []
    if storage.store == nil { missing.append("--store, shared with the process that receives the callbacks") }
    if url == nil { missing.append("--public-url, the URL of the process that receives the callbacks") }
    guard missing.isEmpty else {
      throw ValidationError("--no-listen needs \(missing.joined(separator: ", and ")).")
    }
  }

  /// The rule that a request broke, with the option in the place of the field.
  private func optionNamed(in error: SmoovenError) -> String {
    switch error.field {
    case "urgency", "channel", "to", "message": "--\(error.message)"
    case "context.user_id": "--context and --user: \(error.message)"
    default: error.message
    }
  }

  func run() async throws {
    let code = try await reportingErrors(json: json) {
      if sandbox {
        return try await withSmoovenSandbox { sandbox in
          // The environment's public URL is the real one's: from here its way leads off this machine.
          return try await send(
            with: [SandboxConfiguration().secretKey],
            to: sandbox.baseURL,
            publicURL: publicURL
          )
        }
      } else {
        let keys = try secretKeys()
        let (baseURL, publicURL) = (try smoovenURL(), try reachableURL())
        guard publicURL != nil || baseURL.isLoopback else {
          throw SmoovenError(
            .invalidConfiguration,
            """
            \(baseURL.host) cannot reach this machine by itself: give --public-url or set SMOOVEN_PUBLIC_URL to the \
            URL of your proxy or tunnel, or try --sandbox
            """
          )
        }
        return try await send(with: keys, to: baseURL.url, publicURL: publicURL)
      }
    }
    throw ExitCode(code)
  }

  private func smoovenURL() throws -> BaseURL {
    if let baseURL { return try BaseURL(baseURL, setting: "--base-url") }
    let standard = SmoovenConfiguration(secretKey: "").baseURL
    return try BaseURL(Environment.value("SMOOVEN_BASE_URL") ?? standard, setting: "SMOOVEN_BASE_URL")
  }

  private func reachableURL() throws -> String? {
    if let publicURL { return publicURL }
    guard let url = Environment.value("SMOOVEN_PUBLIC_URL") else { return nil }
    return try BaseURL(url, setting: "SMOOVEN_PUBLIC_URL").url
  }

  private func secretKeys() throws -> [Secret] {
    let keys = Environment.secrets("SMOOVEN_SECRET_KEY")
    guard !keys.isEmpty else {
      throw SmoovenError(
        .invalidConfiguration,
        "SMOOVEN_SECRET_KEY is not set; export the project's Secret Key, or try --sandbox, which needs none"
      )
    }
    return keys
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

  private func send(
    with keys: [Secret],
    to baseURL: String,
    publicURL: String?
  ) async throws -> Int32 {
    var configuration = SmoovenConfiguration(secretKey: keys[0], previousSecretKeys: Array(keys.dropFirst()))
    configuration.baseURL = baseURL
    configuration.listener = listener(publicURL: publicURL)
    configuration.callTimeout = timeout.duration
    if idempotencyKey != nil, storage.store == nil {
      Terminal.printError("warning: without --store the idempotency key is forgotten when this command ends")
    }
    return try await storage.withStore { store in
      try await send(configuration, store)
    }
  }

  private func listener(publicURL: String?) -> ListenerConfiguration {
    if noListen, let publicURL { return .mounted(publicURL: publicURL) }
    return ListenerConfiguration(
      host: listen?.host ?? "127.0.0.1",
      port: listen?.port ?? 0,
      publicURL: publicURL
    )
  }

  private func send(
    _ configuration: SmoovenConfiguration,
    _ store: (any DeliveryStore)?
  ) async throws -> Int32 {
    let (request, timeout) = (request, timeout.duration)
    return try await withSmoovenClient(
      configuration: configuration,
      store: store,
      logger: logging.logger
    ) { client in
      let start = ContinuousClock.now
      let timeline = Timeline(start: start, timeout: timeout, isSilent: json)
      let spinner = Task { await timeline.spin(wait ? "waiting until \(until.rawValue)" : "sending") }
      defer { spinner.cancel() }
      do {
        let handle = try await client.notify(request, idempotencyKey: idempotencyKey)
        let report = try await follow(handle, timeline, start: start, timeout: timeout)
        await timeline.finish(handle, lastLine(report))
        if json { Terminal.print(json: report) }
        return report.exitCode
      } catch {
        await timeline.clear()
        throw error
      }
    }
  }

  private func follow(
    _ handle: NotificationHandle,
    _ timeline: Timeline,
    start: ContinuousClock.Instant,
    timeout: Duration
  ) async throws -> OutcomeReport {
    if let error = handle.sendError {
      await timeline.note("unconfirmed", "\(error.message); a callback may still tell")
    } else if let receipt = handle.receipt {
      await timeline.note(
        "accepted",
        [receipt.channel?.rawValue, receipt.notificationID].compactMap(\.self).joined(separator: ", ")
      )
    }
    guard wait else { return OutcomeReport(accepted: handle, elapsed: ContinuousClock.now - start) }
    let follower = Task { await timeline.follow(handle) }
    defer { follower.cancel() }
    let left = timeout - (ContinuousClock.now - start)
    let outcome = try await handle.outcome(timeout: max(left, .milliseconds(1)), until: until.criterion)
    follower.cancel()
    await follower.value
    return OutcomeReport(outcome, of: handle, elapsed: ContinuousClock.now - start)
  }

  private func lastLine(_ report: OutcomeReport) -> String {
    let mark = report.exitCode == 0 ? "✓" : "✗"
    let what = report.outcome == "timed_out" ? "timed out, last known: \(report.status)" : report.outcome
    let channel = report.channel.map { " on \($0)" } ?? ""
    let id = report.notificationID.map { ", \($0)" } ?? ""
    return
      "\(mark) \(what)\(report.outcome == "timed_out" ? "" : channel) after \(Timeline.seconds(report.elapsed))\(id)"
  }
}
