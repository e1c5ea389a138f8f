internal import HTTPTypes
internal import Smooven

/// The entries of a journal.
struct JournalFeed: DashboardFeed {
  private let journal: DeliveryJournal
  private let actions: SmoovenDashboard.Actions

  init(_ journal: DeliveryJournal, actions: SmoovenDashboard.Actions) {
    self.journal = journal
    self.actions = actions
  }

  var newest: UInt64 { journal.newest }

  func page(after number: UInt64, limit: Int) -> DashboardPage {
    let page = journal.entries(after: number, limit: limit)
    return DashboardPage(entries: page.entries.map(entry), missed: page.missed, end: page.end)
  }

  func wait(after number: UInt64) async throws {
    var pages = journal.pages(after: number, limit: 1).makeAsyncIterator()
    _ = await pages.next()
    try Task.checkCancellation()
  }

  func details(of number: UInt64) -> DashboardDetails? {
    guard let found = find(number) else { return nil }
    var details = DashboardDetails(entry: entry(found))
    switch found.kind {
    case .callback(let event, _, let request):
      details.event = event
      details.request = request.map(DashboardRequest.init)
    case .rejected(let rejection): details.request = rejection.request.map(DashboardRequest.init)
    default: break
    }
    return details
  }

  func hints(on number: UInt64) -> [String] {
    guard let diagnose = actions.diagnose, let found = find(number),
      case .rejected(let rejection) = found.kind,
      let kept = rejection.request, kept.isComplete
    else { return [] }
    let request = CallbackRequest(head: kept.head, body: kept.body, remoteAddress: kept.remoteAddress)
    return diagnose(rejection, request, found.at)
  }

  private func find(_ number: UInt64) -> JournalEntry? {
    guard number > 0, let found = journal.entries(after: number - 1, limit: 1).entries.first,
      found.number == number
    else { return nil }
    return found
  }

  private func entry(_ entry: JournalEntry) -> DashboardEntry {
    var shown = DashboardEntry(entry)
    shown.canRedeliver = canRedeliver && entry.request(to: actions.receiver) != nil
    return shown
  }

  func explain(_ name: String) async -> [(message: String, advice: String?)] {
    let explanation = try? await actions.explain?(name)
    return explanation?.reasons.map { ($0.message, $0.advice) } ?? []
  }

  // MARK: Acting

  var canRedeliver: Bool { actions.redeliver != nil }

  var trigger: DashboardTrigger? { actions.trigger }

  func redeliver(_ number: UInt64) async throws -> DashboardResult {
    guard let entry = find(number) else { throw DashboardRefusal.unknown }
    guard let redeliver = actions.redeliver, let request = entry.request(to: actions.receiver) else {
      throw DashboardRefusal.impossible("this entry has no request that could be delivered again")
    }
    let before = journal.newest
    let status = try await redeliver(request)
    let led = journal.entries(after: before, limit: 1_000).entries.first { $0.isSameRequest(as: entry) }
    return DashboardResult(status: status.code, entry: led?.number)
  }
}

extension JournalEntry {
  /// The request that an entry keeps.
  fileprivate var kept: JournalRequest? {
    switch kind {
    case .callback(_, _, let request): request
    case .rejected(let rejection): rejection.request
    default: nil
    }
  }

  fileprivate func isSameRequest(as other: JournalEntry) -> Bool {
    guard let kept, let request = other.kept else { return false }
    return kept.body == request.body
  }

  /// The request, at the URL at which it arrived, or `nil` if a part of it wasn't kept.
  ///
  /// Without a header field that was removed, it would be refused for another reason than the one that matters.
  fileprivate func request(to receiver: CallbackReceiver?) -> CallbackRequest? {
    if case .rejected(let rejection) = kind, rejection.endpoint == nil { return nil }
    guard let kept, kept.isComplete else { return nil }
    var request = CallbackRequest(head: kept.head, body: kept.body, remoteAddress: kept.remoteAddress)
    if let receiver, let path = receiver.path(of: self) { request.head.path = path }
    return RequestRedaction.isRedacted(request.head) ? nil : request
  }
}

extension DashboardRequest {
  init(_ request: JournalRequest) {
    self.init(
      method: request.head.method.rawValue,
      path: request.head.path ?? "/",
      fields: request.head.headerFields.map { ($0.name.rawName, $0.value) },
      body: request.body,
      bodySize: request.bodySize,
      remoteAddress: request.remoteAddress
    )
    url = request.head.authority.map { "\(request.head.scheme ?? "http")://\($0)\(path)" }
  }
}
