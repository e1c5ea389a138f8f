internal import ArgumentParser
internal import ServiceLifecycle
internal import Smooven

/// `smooven listen`: receives, verifies and prints callbacks, until it's stopped.
struct ListenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listen",
    abstract: "Take callbacks, verify them, and print what they say.",
    discussion: """
      Secrets come from --secret or from <NAME>_WEBHOOK_SECRET, several separated by commas while they are rotated; \
      Smooven's also from SMOOVEN_SECRET_KEY. Callbacks are taken at /callbacks/<provider>.
      """
  )

  @Option(help: "The address to bind.")
  var host = "127.0.0.1"

  @Option(help: "The port to bind; 0 for a free one.")
  var port = 8080

  @Option(help: "Whose callbacks to take: \(ProviderFactory.names.joined(separator: ", ")).")
  var provider: [String] = []

  @Option(help: "A provider's secret, as NAME=VALUE; several while it is rotated.")
  var secret: [SecretArgument] = []

  @Option(help: "The token at the end of the URL of providers that do not sign. Default: a fresh one.")
  var token: String?

  @OptionGroup var storage: StoreOptions

  @Option(
    help: """
      Hand every accepted request on to this URL, as it came. Up to \(Forwarder.capacity) wait for a slow server; \
      beyond, the oldest is dropped, with a warning that counts.
      """
  )
  var forwardTo: String?

  @Flag(help: "Print each event as one JSON object a line.")
  var json = false

  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if provider.isEmpty { throw ValidationError("Give at least one --provider.") }
    for name in provider where !ProviderFactory.names.contains(name) {
      throw ValidationError(
        "Unknown provider \(name); there are: \(ProviderFactory.names.joined(separator: ", "))."
      )
    }
    if Set(provider).count < provider.count { throw ValidationError("Give each --provider once.") }
    guard secret.allSatisfy({ $0.pair.map { provider.contains($0.name) } ?? false }) else {
      throw ValidationError("--secret is written NAME=VALUE, with the name of a --provider.")
    }
    try Checks.port(port)
    if let forwardTo { _ = try Forwarder.Target(forwardTo) }
  }

  func run() async throws {
    try await reportingErrors(json: json) {
      try await storage.withStore(logger: logging.storeLogger) { store in try await listen(store) }
    }
  }

  private func listen(_ store: (any DeliveryStore)?) async throws {
    let receiver = try CallbackReceiver(
      endpoints: try provider.map { name in
        let secrets = secret.compactMap(\.pair).filter { $0.name == name }.map(\.secret)
        return try ProviderFactory.endpoint(name, secrets: secrets, token: token)
      },
      // This process doesn't send or wait, so no event has to be kept for a later wait.
      store: store ?? InMemoryDeliveryStore(unclaimedEvents: 0),
      limits: DeliveryLimits(earlyEvents: .never),
      logger: logging.logger
    )
    let forwarder = try forwardTo.map { Forwarder(receiver: receiver, target: try Forwarder.Target($0)) }
    var configuration = ListenerConfiguration()
    configuration.host = host
    configuration.port = port
    let listener = try CallbackListener(
      configuration: configuration,
      receiver: receiver,
      handler: forwarder ?? receiver,
      logger: logging.logger
    )
    let printer = EventPrinter(receiver, json: json)
    let printing = Task { [names = provider] in
      Terminal.printError("listening on http://\(try await listener.address)")
      for name in names { Terminal.printError("  \(name): \(try await listener.callbackURL(of: name))") }
      await printer.run()
    }
    if let forwarder {
      // Stopped from the last to the first, so that what the listener has acknowledged is forwarded before the end.
      try await serving(forwarder, listener)
    } else {
      try await serving(listener)
    }
    // Everything that was acknowledged is printed before the end.
    _ = try? await printing.value
  }
}
