public import HTTPTypes
public import Smooven
package import SmoovenHTTP

/// A page that shows what happened to notifications and which requests were refused, as it happens.
///
/// Its data is a `DeliveryJournal`; it keeps nothing itself. Run it on a port with `--dashboard` of the command, or mount
/// ``respond(to:body:)`` in any server:
///
/// - GET of `/`, `app.js` and `app.css` is the page.
/// - GET of `api/entries`, `api/stream` and `api/deliveries/<name>` is its data.
/// - POST of `api/redeliver/<entry>` and `api/trigger` acts, if ``Actions-swift.struct`` allows it.
///
/// Every request must name a known host, and every request for data or for an action must present the token in ``path``.
/// There are no cookies, and nothing changes by GET.
public struct SmoovenDashboard: Sendable {
  /// The way to the page, with the token that opens it, to append to the address of the server: `/#<token>`.
  ///
  /// Browsers don't send what is behind the `#`, so the token is in no log. It's `/` with any other ``Access`` than
  /// ``Access/oneTimeLink``.
  public var path: String { access.path }

  private let api: DashboardAPI
  private let access: Access
  private var hosts: HTTPHosts
  private let names: Set<String>

  /// Creates a page.
  ///
  /// - Parameters:
  ///   - journal: What to show. Create it with `keepsRequests: true` to see the requests of accepted callbacks.
  ///   - actions: What may be done on the page. Defaults to nothing.
  ///   - access: Who may see it. Defaults to a link with a fresh token.
  ///   - hosts: The values of `Host` by which it's reached, with the port unless it's that of the scheme. Loopback names are
  ///     always among them. Defaults to none.
  ///   - showsPeople: Whether recipients are shown in full. Defaults to `false`: shortened.
  public init(
    journal: DeliveryJournal,
    actions: Actions = .readOnly,
    access: Access = .oneTimeLink,
    hosts: Set<String> = [],
    showsPeople: Bool = false
  ) {
    self.init(
      feed: JournalFeed(journal, actions: actions),
      access: access,
      hosts: hosts,
      settings: DashboardSettings(showsPeople: showsPeople)
    )
  }

  /// Creates a page of any feed.
  package init(
    feed: any DashboardFeed,
    access: Access = .oneTimeLink,
    hosts: Set<String> = [],
    settings: DashboardSettings
  ) {
    api = DashboardAPI(feed: feed, settings: settings)
    self.access = access
    self.hosts = HTTPHosts(boundTo: nil, names: hosts)
    names = hosts
  }

  /// The entries of a journal.
  package static func feed(of journal: DeliveryJournal, actions: Actions) -> any DashboardFeed {
    JournalFeed(journal, actions: actions)
  }

  /// The same page at an address that was bound, by whose port loopback names are then admitted alone.
  package func bound(to address: HTTPServerAddress) -> Self {
    var dashboard = self
    dashboard.hosts = HTTPHosts(boundTo: address, names: names)
    return dashboard
  }

  /// Responds to a request.
  ///
  /// Pass the path below the place where the page is mounted: `/` for the page itself, whose address must end with a slash.
  /// Cancelling the task cancels an action only if it has not begun.
  ///
  /// 401: no or a wrong token · 403 without a body: the host or the origin is another one · 404 · 405 with `Allow` · 409: the
  /// entry is being delivered again · 415: a POST that isn't `application/json`.
  ///
  /// - Parameters:
  ///   - request: Method, path, `Host` as the authority, and header fields.
  ///   - body: The body of a POST.
  /// - Returns: The response. Send the pieces of ``DashboardReply/events``, if any, as its body.
  public func respond(to request: HTTPRequest, body: [UInt8] = []) async -> DashboardReply {
    // Before all else, and without a word: the sender may be a page that means this machine by its own name.
    guard hosts.admits(request.authority) else { return DashboardReply(.forbidden) }
    if let origin = request.headerFields[.origin],
      !HTTPHosts.isOwn(origin: origin, authority: request.authority)
    {
      return DashboardReply(.forbidden)
    }
    guard let route = DashboardRoute(path: request.path ?? "/") else {
      return .failure(.notFound, "there is nothing at this path")
    }
    guard route.methods.contains(request.method) else {
      var reply = DashboardReply.failure(.methodNotAllowed, "the method isn't allowed here")
      reply.head.headerFields[.allow] = route.methods.map(\.rawValue).joined(separator: ", ")
      return reply
    }
    if case .asset(let asset) = route { return asset.reply }
    guard await access.admits(request) else {
      var reply = DashboardReply.failure(.unauthorized, "open the link that was printed at the start")
      reply.head.headerFields[.wwwAuthenticate] = "Bearer"
      return reply
    }
    guard request.method != .post || request.headerFields.mediaType == "application/json" else {
      return .failure(.unsupportedMediaType, "send the body as application/json")
    }
    return await api.respond(route, request, body)
  }
}
