internal import ArgumentParser
internal import ServiceLifecycle
internal import Smooven
internal import SmoovenSupport

/// `smooven listen`: receives callbacks, verifies them, and prints them, until it is stopped.
struct ListenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listen",
    abstract: "Receive callbacks, verify them, and print what they say.",
    discussion: """
      Callbacks arrive at /callbacks/<provider>. Secrets come from <NAME>_WEBHOOK_SECRET, several separated by commas while \
      they are rotated, and Smooven's also from SMOOVEN_SECRET_KEY. Standard error tells which requests were refused, and \
      why.
      It ends with a signal, with its output (as in smooven listen | head -n 1), or after --max-events.
      """
  )

  @Option(help: "The address to bind.")
  var host = "127.0.0.1"

  @Option(help: "The port to bind; 0 for a free one.")
  var port = 8080

  @Option(
    help:
      "The providers whose callbacks to receive: \(KnownProvider.allValueStrings.joined(separator: ", "))."
  )
  var provider: [KnownProvider] = []

  @OptionGroup var secrets: NamedSecretOptions

  @Option(
    help: """
      The token at the end of the URL of providers that don't sign, at least 16 bytes. Defaults to \
      SMOOVEN_LISTEN_TOKEN, and otherwise to a new one at each start.
      """
  )
  var token: String?

  @Option(
    help:
      "How the outside reaches this port: the URL of your proxy or tunnel. Defaults to SMOOVEN_PUBLIC_URL."
  )
  var publicURL: String?

  @Option(
    help: "A PEM file with the certificate of this port and its issuers. Needs --tls-key.",
    completion: .file()
  )
  var tlsCertificate: String?

  @Option(help: "A PEM file with the certificate's private key.", completion: .file())
  var tlsKey: String?

  @OptionGroup var storage: StoreOptions

  @Option(
    help: """
      Forward each accepted request to a URL, as it came; with NAME= only those of one provider. Up to \
      \(ForwardQueue.capacity) wait for a slow server; past that, the oldest is dropped, with a warning that counts.
      """
  )
  var forwardTo: [String] = []

  @Option(
    help:
      "Append each request and its response to a file, as JSON Lines without secrets. See smooven replay.",
    completion: .file()
  )
  var capture: String?

  @Option(
    help: """
      What else to leave out of the capture: people, for recipients, which are shortened as on the dashboard. A replay then \
      needs --resign.
      """
  )
  var redact: CaptureRedaction?

  @Option(help: "End after printing this many events.")
  var maxEvents: Int?

  @Flag(help: "Print each event as one JSON object a line.")
  var json = false

  @OptionGroup var page: DashboardOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if provider.isEmpty { throw ValidationError("Give at least one --provider.") }
    if Set(provider).count < provider.count { throw ValidationError("Give each --provider once.") }
    try secrets.validate(for: provider)
    try Checks.port(port)
    try Checks.url(publicURL, "--public-url")
    if (tlsCertificate == nil) != (tlsKey == nil) {
      throw ValidationError("--tls-certificate and --tls-key belong together.")
    }
    if redact != nil, capture == nil { throw ValidationError("--redact belongs to --capture.") }
    if let maxEvents, maxEvents < 1 { throw ValidationError("--max-events must be positive.") }
    for text in forwardTo { _ = try ForwardRoute(text, providers: provider.map(\.name)) }
  }

  func run() async throws {
    try await reportingErrors(json: json) {
      try await storage.withStore(logger: logging.storeLogger) { store in try await listen(store) }
    }
  }

  private func listen(_ store: (any DeliveryStore)?) async throws {
    // Read once: a file with secrets may be a pipe.
    let keys = try Dictionary(
      uniqueKeysWithValues: provider.map {
        ($0, try $0.isSigned ? secrets.secrets(of: $0) : [])
      }
    )
    let (handler, printer) = try handler(store, keys)
    let listener = try CallbackListener(
      configuration: try listenerConfiguration,
      receiver: handler.receiver,
      handler: handler,
      logger: logging.logger
    )
    try await run(listener, handler, printer, dashboard(handler, keys))
  }

  private func handler(
    _ store: (any DeliveryStore)?,
    _ keys: [KnownProvider: [Secret]]
  ) throws -> (ListenHandler, EventPrinter) {
    let token = token ?? Environment.value("SMOOVEN_LISTEN_TOKEN")
    let receiver = try CallbackReceiver(
      endpoints: provider.map { provider in
        CallbackEndpoint(
          try provider.provider(keys[provider] ?? []),
          authentication: provider.isSigned
            ? nil : token.map { CallbackAuthentication.token(Secret($0)) }
        )
      },
      // Nothing sends or waits in this process, so no event has to be kept for a wait that is still to come.
      store: store ?? InMemoryDeliveryStore(unclaimedEvents: 0),
      limits: DeliveryLimits(earlyEvents: .never),
      logger: logging.logger,
      journal: page.journal ?? .ofRefusals()
    )
    let printer = EventPrinter(receiver, json: json, maximum: maxEvents ?? .max)
    var handler = ListenHandler(receiver: receiver)
    handler.isWritable = { Terminal.outputFailure == nil && !printer.isFull }
    handler.capture = try capture.map {
      try CaptureFile(
        path: $0,
        secrets: keys.values.flatMap(\.self) + Self.tokens(of: provider, at: receiver),
        hidesPeople: redact == .people
      )
    }
    if !forwardTo.isEmpty {
      let routes = try forwardTo.map { try ForwardRoute($0, providers: provider.map(\.name)) }
      handler.forwarder = Forwarder(routes, hops: handler.hops)
    }
    return (handler, printer)
  }

  /// The tokens in the URLs of the providers that don't sign, also those that were made up.
  private static func tokens(of providers: [KnownProvider], at receiver: CallbackReceiver) -> [Secret] {
    providers.filter { !$0.isSigned }
      .compactMap {
        receiver.path(ofEndpoint: $0.name)?.split(separator: "/").last.map { Secret(String($0)) }
      }
  }

  private func run(
    _ listener: CallbackListener,
    _ handler: ListenHandler,
    _ printer: EventPrinter,
    _ dashboard: DashboardService?
  ) async throws {
    let scheme = tlsKey == nil ? "http" : "https"
    Terminal.watchReader()
    let printing = Task { [names = provider.map(\.name)] in
      Terminal.printError("listening on \(scheme)://\(try await listener.address)")
      for name in names { Terminal.printError("  \(name): \(try await listener.callbackURL(of: name))") }
      await printer.run()
    }
    let news = listener.receiver.journal.map { JournalPrinter($0) }
    let telling = Task { await news?.run() }
    let end = await Self.serve(listener, handler, dashboard, printer)
    // What was acknowledged is printed before the end, unless its reader has stalled.
    let isPrinted = await Self.ends(printing, within: .seconds(5))
    telling.cancel()
    await news?.finish()
    try end.get()
    if !isPrinted { printer.giveUp() }
    try reportLosses(printer, handler)
  }

  /// Runs the services until they're stopped.
  private static func serve(
    _ listener: CallbackListener,
    _ handler: ListenHandler,
    _ dashboard: DashboardService?,
    _ printer: EventPrinter
  ) async -> Result<Void, any Error> {
    let (forwarder, capture) = (handler.forwarder, handler.capture)
    // Stopped from the last to the first: what the listener has acknowledged is forwarded before the end.
    let services: [(any Service)?] = [forwarder, listener, dashboard]
    do {
      try await serving(
        services.compactMap(\.self),
        started: { _ = try await listener.address },
        until: { try await untilDone(printer, capture) },
        onSecondSignal: {
          guard let loss = forwarder?.loss else { return nil }
          Terminal.printError(loss)
          return 1
        }
      )
      return .success(())
    } catch is CancellationError {
      // The time for a graceful stop is over. What was lost is said at the end.
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// Waits for a task, but not for longer than a time, and returns whether it has ended.
  private static func ends(_ task: Task<Void, any Error>, within time: Duration) async -> Bool {
    let ended = Watched<Bool?>(nil)
    Task {
      _ = await task.result
      ended.update { $0 = $0 ?? true }
    }
    let alarm = Task {
      if (try? await Task.sleep(for: time)) != nil { ended.update { $0 = $0 ?? false } }
    }
    defer { alarm.cancel() }
    return (try? await ended.first(\.self)) ?? false
  }

  /// The page, if there is to be one.
  private func dashboard(_ handler: ListenHandler, _ keys: [KnownProvider: [Secret]]) -> DashboardService? {
    page.service(
      handler.receiver.journal,
      title: "smooven listen",
      actions: .of(handler.receiver, handler: handler, secrets: keys, triggers: true),
      logging.logger
    )
  }

  /// Returns when the last event is printed, or when something can't be written.
  private static func untilDone(_ printer: EventPrinter, _ capture: CaptureFile?) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await Terminal.untilOutputFails() }
      group.addTask { try await printer.untilFull() }
      if let capture { group.addTask { try await capture.untilItFails() } }
      try await group.next()
      group.cancelAll()
    }
  }

  /// Says what was acknowledged, and then neither printed, captured nor forwarded.
  ///
  /// - Throws: `ExitCode` if there was any.
  private func reportLosses(_ printer: EventPrinter, _ handler: ListenHandler) throws {
    var losses: [String] = []
    let count = printer.lossCount
    let said = count > 0 ? "\(count) accepted events were not printed" : nil
    if let failure = Terminal.outputFailure, !failure.isReaderGone || count > 0 {
      losses.append("error: \(failure)\(said.map { "; \($0)" } ?? "")")
    } else if let said {
      losses.append("error: standard output is slow; \(said)")
    }
    if let failure = handler.capture?.failure { losses.append("error: --capture: \(failure)") }
    if let loss = handler.forwarder?.loss { losses.append(loss) }
    guard !losses.isEmpty else { return }
    for loss in losses { Terminal.printError(loss) }
    throw ExitCode(1)
  }

  private var listenerConfiguration: ListenerConfiguration {
    get throws {
      var configuration = ListenerConfiguration()
      configuration.host = host
      configuration.port = port
      configuration.publicURL = try publicURL ?? Environment.publicURL()
      if let tlsCertificate, let tlsKey {
        configuration.tls = .init(certificateChain: tlsCertificate, privateKey: tlsKey)
      }
      return configuration
    }
  }
}
