internal import ArgumentParser
internal import Smooven

/// `smooven explain`: what a store knows about a delivery, and why it ended as it did.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say what is known about a notification, and why it wasn't confirmed.",
    discussion: """
      Reads the store that smooven send, ask, listen or mcp was given, and changes no delivery in it. A store keeps no \
      refused requests: send and ask print what they know of those when time runs out, and listen prints each. The exit \
      code is 0 if the notification arrived, 3 if it can't arrive, and 4 if neither is known.
      """
  )

  @Argument(help: "A notification id, or the idempotency key of a send.")
  var id: String

  @OptionGroup var storage: StoreOptions
  @OptionGroup var logging: LoggingOptions

  @Flag(help: "Print the explanation as one JSON object, and nothing else, on standard output.")
  var json = false

  func validate() throws {
    if id.isEmpty { throw ValidationError("Give a notification id or an idempotency key.") }
    if storage.store == nil {
      throw ValidationError("Give --store: without one, what a command knows is forgotten when it ends.")
    }
  }

  func run() async throws {
    let code = try await reportingErrors(json: json) {
      try await storage.withStore(logger: logging.storeLogger, mayCreate: false) { store in
        guard let store, let explanation = try await DeliveryExplanation.find(id, in: store) else {
          throw SmoovenError(
            .notFound,
            "the store knows no notification of this id or key; was it sent with another --store, or without one?"
          )
        }
        if json {
          Terminal.print(json: explanation.json)
        } else {
          for line in "\(explanation)".split(separator: "\n") { Terminal.print(String(line)) }
        }
        return explanation.exitCode
      }
    }
    throw ExitCode(code)
  }
}

extension DeliveryExplanation {
  fileprivate var exitCode: Int32 {
    switch standing {
    case .arrived: 0
    case .failed: 3
    case .open: 4
    }
  }
}
