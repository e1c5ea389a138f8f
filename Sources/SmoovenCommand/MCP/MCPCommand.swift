internal import ArgumentParser
internal import Smooven
internal import SmoovenMCP
internal import SmoovenSupport

/// `smooven mcp`: tools for a language model, on standard input and output.
struct MCPCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp",
    abstract: "Let a language model notify people, as an MCP server on standard input and output.",
    discussion: """
      Name each person whom the model may notify with --allow. Without --store, deliveries are kept in mcp.db in \
      $XDG_STATE_HOME/smooven, so that a host may restart the server at any time; with --sandbox, in memory.
      Without --public-url, it asks Smooven for the status, as with --poll. Questions need a page that people can reach, so \
      the tool ask_person is offered only with --public-url or --sandbox.
      The Secret Key comes from SMOOVEN_SECRET_KEY.
      """
  )

  @OptionGroup var service: ServiceOptions

  @Option(
    parsing: .upToNextOption,
    help: "Whom the model may notify: user ids, phone numbers, email addresses or player ids."
  )
  var allow: [String] = []

  @Flag(help: "Let the model notify anyone.")
  var allowAny = false

  @Option(help: "The maximum time that one call waits. Stay below the limit of your host.")
  var slice = DurationArgument(seconds: 25)

  @Option(help: "The maximum number of notifications in a minute.")
  var limit = 10

  @Option(help: "Serve over HTTP at HOST:PORT/mcp, and not on standard input and output. Needs --token.")
  var http: HostAndPort?

  @Option(help: "The bearer token of HTTP clients, at least 16 bytes. Default: SMOOVEN_MCP_TOKEN.")
  var token: String?

  @Flag(help: "Print the definitions of the tools as JSON, and end.")
  var printTools = false

  func validate() throws {
    if printTools { return }
    guard !allow.isEmpty || allowAny else {
      throw ValidationError("Give --allow with the people whom the model may notify, or --allow-any.")
    }
    if !allow.isEmpty, allowAny { throw ValidationError("Give either --allow or --allow-any, not both.") }
    if http != nil {
      guard let tokens = httpTokens, tokens.allSatisfy({ $0.count >= 16 }) else {
        throw ValidationError("--http needs --token or SMOOVEN_MCP_TOKEN, with at least 16 bytes.")
      }
    } else if token != nil {
      throw ValidationError("--token belongs to --http.")
    }
    guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be between 1 and 10000.") }
    guard slice.duration <= .seconds(600) else { throw ValidationError("--slice must be at most 10m.") }
  }

  func run() async throws {
    if printTools {
      let tools = MCPTool.all.map(\.definition)
      return try await reportingErrors(json: false) {
        Terminal.print(lines: JSONValue.array(tools).bytes + [UInt8(ascii: "\n")])
      }
    }
    try await reportingErrors(json: false) {
      try await serving([MCPService(self)])
    }
  }

  /// The bearer tokens, or `nil` if there are none.
  var httpTokens: [Secret]? {
    let tokens = token.map { [Secret($0)] } ?? Environment.secrets("SMOOVEN_MCP_TOKEN")
    return tokens.isEmpty ? nil : tokens
  }

  /// The server's settings.
  var serverConfiguration: MCPServer.Configuration {
    get throws {
      MCPServer.Configuration(
        recipients: allowAny ? .anyone : .only(allow),
        longestSlice: slice.duration,
        rate: .perMinute(limit),
        // Offered before the client is open, which knows it too.
        tools: try polls ? MCPTool.all.filter { $0 != .askPerson } : MCPTool.all
      )
    }
  }

  /// Whether it asks for the status, because it was told to or because Smooven can't call back.
  private var polls: Bool {
    get throws {
      if service.poll { return true }
      return try service.listen == nil && !service.noListen && !service.isReachable
    }
  }

  /// The options of the client, with the default store and the default way to learn what became of a notification.
  func serviceWithStore() throws -> ServiceOptions {
    var service = service
    if try polls, !service.poll {
      service.poll = true
      Terminal.printError(
        "no --public-url, so Smooven is asked for the status, and ask_person isn't offered"
      )
    }
    #if SQLiteSupport
    if service.storage.store == nil, !service.sandbox {
      service.storage.store = "sqlite:\(try StateFolder.path("mcp.db"))"
    }
    #endif
    // Without the trait kept in memory: this build has no durable store.
    return service
  }
}
