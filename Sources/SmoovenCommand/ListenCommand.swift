internal import ArgumentParser
internal import ServiceLifecycle
internal import Smooven

/// `smooven listen`: takes callbacks, verifies them, prints them, until it is stopped.
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
  var secret: [KeyValue] = []

  @Option(help: "The token at the end of the URL of providers that do not sign. Default: a fresh one.")
  var token: String?

  @Option(help: "Hand every accepted request on to this URL, as it came.")
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
    for pair in secret where !provider.contains(pair.key) {
      throw ValidationError("--secret \(pair.key)=… is for a provider that is not listened for.")
    }
  }

  func run() async throws {
    try await reportingErrors(json: json) {
      let receiver = try CallbackReceiver(
        endpoints: try provider.map { name in
          try ProviderFactory.endpoint(
            name,
            secrets: secret.filter { $0.key == name }.map { Secret($0.value) },
            token: token
          )
        },
        logger: logging.logger
      )
      let forwarder = try forwardTo.map { try Forwarder(receiver: receiver, url: $0) }
      var configuration = ListenerConfiguration()
      configuration.host = host
      configuration.port = port
      let listener = try CallbackListener(
        configuration: configuration,
        receiver: receiver,
        handler: forwarder ?? receiver,
        logger: logging.logger
      )
      let events = receiver.events(bufferingLimit: .max)
      let printer = Task { [json, names = provider] in
        Terminal.printError("listening on http://\(try await listener.address)")
        for name in names { Terminal.printError("  \(name): \(try await listener.callbackURL(of: name))") }
        for await event in events {
          if json { Terminal.print(json: event) } else { Terminal.print(EventLine(event).text) }
        }
      }
      if let forwarder {
        try await serving(listener, forwarder)
      } else {
        try await serving(listener)
      }
      // What was acknowledged is printed before the end.
      _ = try? await printer.value
    }
  }
}
