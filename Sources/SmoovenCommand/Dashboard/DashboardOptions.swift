internal import ArgumentParser
internal import Logging
internal import Smooven
internal import SmoovenDashboard
internal import SmoovenHTTP

/// Whether a command shows what happens on a page.
struct DashboardOptions: ParsableArguments {
  @Option(
    defaultAsFlag: DashboardAddress.standard,
    parsing: .next,
    help: """
      Show what happens on a page in the browser, on its own port. HOST:PORT or PORT. Defaults to 127.0.0.1:4041, or a free \
      port if that is taken.
      """
  )
  var dashboard: DashboardAddress?

  @Flag(help: "Show recipients on the dashboard in full, not shortened.")
  var showPeople = false

  func validate() throws {
    if showPeople, dashboard == nil { throw ValidationError("--show-people belongs to --dashboard.") }
  }

  /// A journal for the page, with room for 10,000 entries with their requests, or `nil` if there is no page.
  var journal: DeliveryJournal? {
    dashboard.map { _ in DeliveryJournal(maximumBytes: 64 << 20, keepsRequests: true) }
  }
}

extension DashboardOptions {
  /// The page of a journal, or `nil` if there is to be none.
  func service(
    _ journal: DeliveryJournal?,
    title: String,
    actions: SmoovenDashboard.Actions,
    _ logger: Logger
  ) -> DashboardService? {
    guard let dashboard, let journal else { return nil }
    let feed = SmoovenDashboard.feed(of: journal, actions: actions)
    return service(feed, title: title, at: dashboard, logger)
  }

  /// The page of a feed, or `nil` if there is to be none.
  func service(_ feed: any DashboardFeed, title: String, _ logger: Logger) -> DashboardService? {
    dashboard.map { service(feed, title: title, at: $0, logger) }
  }

  private func service(
    _ feed: any DashboardFeed,
    title: String,
    at address: DashboardAddress,
    _ logger: Logger
  ) -> DashboardService {
    let settings = DashboardSettings(title: title, showsPeople: showPeople)
    // The name under which the page was asked for, such as that of a machine in a local network.
    let name = address.address
    let hosts: Set<String> = ["\(HTTPServerAddress(host: name.host, port: name.port))"]
    let dashboard = SmoovenDashboard(feed: feed, hosts: name.port == 0 ? [] : hosts, settings: settings)
    return DashboardService(dashboard: dashboard, address: address, logger: logger)
  }

  /// Shows a client's page while a closure runs.
  func serving<Result: Sendable>(
    _ journal: DeliveryJournal?,
    _ client: SmoovenClient,
    secrets: [KnownProvider: [Secret]],
    _ logger: Logger,
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let receiver = client.receiver
    var actions = SmoovenDashboard.Actions.of(receiver, handler: receiver, secrets: secrets, triggers: false)
    actions.explain = { try await client.explain($0) }
    guard let service = service(journal, title: "smooven", actions: actions, logger) else {
      return try await body()
    }
    return try await service.serving(body)
  }
}

/// The address of a page, or the one for which none was given.
struct DashboardAddress: ExpressibleByArgument, Sendable, CustomStringConvertible {
  static let standard = DashboardAddress(address: HostAndPort(host: "127.0.0.1", port: 4_041), isGiven: false)

  let address: HostAndPort
  /// Whether the person asked for this one, so that no other will do.
  let isGiven: Bool

  private init(address: HostAndPort, isGiven: Bool) {
    self.address = address
    self.isGiven = isGiven
  }

  init?(argument: String) {
    guard let address = HostAndPort(argument: argument) else { return nil }
    self.init(address: address, isGiven: true)
  }

  var description: String { "\(HTTPServerAddress(host: address.host, port: address.port))" }
}
