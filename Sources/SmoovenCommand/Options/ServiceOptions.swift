internal import ArgumentParser
internal import Smooven
internal import SmoovenSandbox

/// The options for reaching Smooven, and for learning the outcome of a notification.
struct ServiceOptions: ParsableArguments {
  @Flag(help: "Send to a sandbox inside this process: nothing leaves the machine.")
  var sandbox = false

  @Option(help: "The URL of Smooven. Default: https://api.smooven.io.")
  var baseURL: String?

  @Option(help: "The address to receive callbacks at, as [HOST:]PORT. Defaults to a free port on 127.0.0.1.")
  var listen: HostAndPort?

  @Flag(
    help: """
      Bind no port: callbacks arrive at another process with the same store, such as smooven listen. Needs --store and \
      --public-url.
      """
  )
  var noListen = false

  @Flag(
    help: "Receive no callbacks, and ask Smooven for the status. Works on any machine, without a public URL."
  )
  var poll = false

  @Option(help: "The URL at which Smooven reaches the port: that of your proxy or tunnel.")
  var publicURL: String?

  @OptionGroup var storage: StoreOptions
  @OptionGroup var page: DashboardOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if sandbox, baseURL != nil { throw ValidationError("Give either --sandbox or --base-url, not both.") }
    try Checks.url(baseURL, "--base-url")
    try Checks.url(publicURL, "--public-url")
    if poll {
      let given = [
        (listen != nil, "--listen"), (noListen, "--no-listen"), (publicURL != nil, "--public-url"),
      ]
      if let (_, option) = given.first(where: \.0) {
        throw ValidationError("Give either --poll or \(option), not both: --poll takes no callbacks.")
      }
    }
    try checkListening()
  }

  /// Checks that there's exactly one place where callbacks arrive.
  private func checkListening() throws {
    guard noListen else { return }
    if listen != nil { throw ValidationError("Give either --listen or --no-listen, not both.") }
    // A sandbox in this process calls back to the URL from the command line, not to where the real service would.
    let url = publicURL ?? (sandbox ? nil : Environment.value("SMOOVEN_PUBLIC_URL"))
    var missing: [String] = []
    if storage.store == nil { missing.append("--store, shared with the process that receives the callbacks") }
    if url == nil { missing.append("--public-url, the URL of the process that receives the callbacks") }
    guard missing.isEmpty else {
      throw ValidationError("--no-listen needs \(missing.joined(separator: ", and ")).")
    }
  }

  /// Runs a client while a closure runs.
  ///
  /// - Parameters:
  ///   - callTimeout: The maximum time of one call.
  ///   - idempotencyKey: The key of what is sent, for a warning if it's forgotten when the command ends.
  ///   - body: The closure that uses the client.
  /// - Returns: The closure's result.
  /// - Throws: ``SmoovenError`` if the client can't run, or any error that the closure throws.
  func withClient<Result: Sendable>(
    callTimeout: Duration,
    idempotencyKey: String?,
    _ body: @escaping @Sendable (SmoovenClient) async throws -> Result
  ) async throws -> Result {
    if sandbox {
      return try await withSmoovenSandbox { sandbox in
        // The public URL in the environment is for the real service, and leads off this machine.
        try await withClient(
          keys: [SandboxConfiguration().secretKey],
          baseURL: sandbox.baseURL,
          publicURL: self.publicURL,
          callTimeout,
          idempotencyKey,
          body
        )
      }
    }
    let keys = try secretKeys()
    let (baseURL, publicURL) = (try smoovenURL(), poll ? nil : try reachableURL())
    guard try poll || isReachable else {
      throw SmoovenError(
        .invalidConfiguration,
        """
        \(baseURL.host) cannot reach this machine by itself: give --poll to ask for the status instead, give \
        --public-url or set SMOOVEN_PUBLIC_URL to the URL of your proxy or tunnel, or try --sandbox
        """
      )
    }
    return try await withClient(
      keys: keys,
      baseURL: baseURL.url,
      publicURL: publicURL,
      callTimeout,
      idempotencyKey,
      body
    )
  }

  private func withClient<Result: Sendable>(
    keys: [Secret],
    baseURL: String,
    publicURL: String?,
    _ callTimeout: Duration,
    _ idempotencyKey: String?,
    _ body: @escaping @Sendable (SmoovenClient) async throws -> Result
  ) async throws -> Result {
    var configuration = SmoovenConfiguration(secretKey: keys[0], previousSecretKeys: Array(keys.dropFirst()))
    configuration.baseURL = baseURL
    configuration.listener = listener(publicURL: publicURL)
    configuration.tracking = poll ? .polling() : .callbacks
    configuration.callTimeout = callTimeout
    if idempotencyKey != nil, storage.store == nil {
      Terminal.printError("warning: without --store the idempotency key is forgotten when this command ends")
    }
    return try await storage.withStore(logger: logging.storeLogger) { [configuration] store in
      // A command that ends without an outcome says why.
      let journal = page.journal ?? DeliveryJournal()
      return try await withSmoovenClient(
        configuration: configuration,
        store: store,
        logger: logging.logger,
        journal: journal
      ) { client in
        try await page.serving(journal, client, secrets: [.smooven: keys], logging.logger) {
          try await body(client)
        }
      }
    }
  }

  /// Whether Smooven can reach this process, as far as the options and the environment say.
  var isReachable: Bool {
    get throws { try sandbox || reachableURL() != nil || smoovenURL().isLoopback }
  }

  private func listener(publicURL: String?) -> ListenerConfiguration {
    if noListen, let publicURL { return .elsewhere(publicURL: publicURL) }
    return ListenerConfiguration(
      host: listen?.host ?? "127.0.0.1",
      port: listen?.port ?? 0,
      publicURL: publicURL
    )
  }

  private func smoovenURL() throws -> BaseURL {
    if let baseURL { return try BaseURL(baseURL, setting: "--base-url") }
    let standard = SmoovenConfiguration(secretKey: "").baseURL
    return try BaseURL(Environment.value("SMOOVEN_BASE_URL") ?? standard, setting: "SMOOVEN_BASE_URL")
  }

  private func reachableURL() throws -> String? {
    try publicURL ?? Environment.publicURL()
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
}
