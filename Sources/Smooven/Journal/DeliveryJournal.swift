internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenSupport

public import struct Foundation.Date

/// A bounded record in memory of recent deliveries and refused requests.
///
/// Pass one to a client or a receiver to find out why a callback doesn't arrive, see
/// ``SmoovenClient/explain(_:)-(String)`` and <doc:WhyNoCallback>. There is none by default, so it costs nothing unless
/// you pass one.
///
/// Untrusted clients can't push out what happened to deliveries: of the requests that are refused for one reason, only
/// the last few are kept, and all of them are counted. Descriptions of entries hold no token, secret, recipient or body.
public final class DeliveryJournal: Sendable {
  /// Whether entries of accepted callbacks keep the request, for a page that shows it.
  ///
  /// What authenticates a request is removed, see ``JournalRequest``.
  public let keepsRequests: Bool
  /// Whether entries are kept of callbacks that weren't received before.
  private let keepsNews: Bool
  private let now: @Sendable () -> Date
  private let state: Watched<JournalState>

  /// Creates a journal.
  ///
  /// - Parameters:
  ///   - maximumEntries: The maximum number of entries about deliveries; at least 1. Defaults to 10,000.
  ///   - maximumBytes: The approximate maximum memory in bytes; at least 64 KiB. Defaults to 16 MiB.
  ///   - maximumRejections: The number of requests to keep of those that were refused for one reason; at least 1. Defaults
  ///     to 16.
  ///   - keepsRequests: Whether entries of accepted callbacks keep the request. Defaults to `false`.
  ///   - now: The wall clock.
  public convenience init(
    maximumEntries: Int = 10_000,
    maximumBytes: Int = 16 << 20,
    maximumRejections: Int = 16,
    keepsRequests: Bool = false,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.init(
      maximumEntries: maximumEntries,
      maximumBytes: maximumBytes,
      maximumRejections: maximumRejections,
      keepsRequests: keepsRequests,
      keepsNews: true,
      now: now
    )
  }

  /// Creates a journal of refused requests and duplicates only, for a listener that says what went wrong.
  package static func ofRefusals() -> DeliveryJournal {
    DeliveryJournal(
      maximumEntries: 1_000,
      maximumBytes: 1 << 20,
      maximumRejections: 16,
      keepsRequests: false,
      keepsNews: false,
      now: { Date() }
    )
  }

  private init(
    maximumEntries: Int,
    maximumBytes: Int,
    maximumRejections: Int,
    keepsRequests: Bool,
    keepsNews: Bool,
    now: @escaping @Sendable () -> Date
  ) {
    self.keepsRequests = keepsRequests
    self.keepsNews = keepsNews
    self.now = now
    state = Watched(
      JournalState(
        maximumEntries: max(1, maximumEntries),
        maximumBytes: max(64 << 10, maximumBytes),
        maximumRejections: min(max(1, maximumRejections), 10_000)
      )
    )
  }

  /// The number of the newest entry, or 0 if there is none.
  public var newest: UInt64 { state.read(\.newest) }

  /// The number of requests that were refused, by reason.
  ///
  /// The reasons are those of `smooven_callbacks_rejected_total` and `smooven_requests_refused_total`, see
  /// <doc:OperatingTheListener>.
  public var rejectionCounts: [String: Int] { state.read(\.rejectionCounts) }

  /// Returns the entries after a place, oldest first: one page of them.
  ///
  /// - Parameters:
  ///   - number: The number of the last entry that was read. Defaults to 0, the beginning.
  ///   - limit: The maximum number of entries to return, from 1 to 1,000. Defaults to 200.
  /// - Returns: The entries, and where to continue.
  public func entries(after number: UInt64 = 0, limit: Int = 200) -> JournalPage {
    let limit = min(max(limit, 1), 1_000)
    return state.read { $0.page(after: number, limit: limit) }
  }

  /// Returns the entries after a place, and then each new one.
  ///
  /// Nothing is buffered for a reader: one that falls behind is told the number of entries that it missed, by
  /// ``JournalPage/missed``.
  ///
  /// - Parameters:
  ///   - number: The number of the last entry that was read. Defaults to 0, the beginning; pass ``newest`` for what happens
  ///     from now on.
  ///   - limit: The maximum number of entries in a page, from 1 to 1,000. Defaults to 200.
  /// - Returns: Pages with at least one entry, or with news about entries that are no longer kept.
  public func pages(after number: UInt64 = 0, limit: Int = 200) -> JournalPages {
    JournalPages(journal: self, position: number, limit: limit)
  }

  /// Waits until there is something to read after a place.
  ///
  /// - Throws: `CancellationError` if cancelled.
  func waitForEntries(after number: UInt64) async throws {
    try await state.first { $0.newest == number ? nil : () }
  }

  // MARK: Recording

  /// Records what happened to a delivery.
  package func record(_ kind: JournalEntry.Kind, of token: DeliveryToken?) {
    let at = now()
    // The entries that make room are freed outside the lock.
    _ = state.update { $0.append(kind, token, at: at) }
  }

  /// Records a verified callback.
  func record(_ callback: StoredCallback, _ disposition: CallbackDisposition, _ request: JournalRequest?) {
    guard keepsNews || disposition == .duplicate else { return }
    let kind = JournalEntry.Kind.callback(callback.event, disposition, request: request)
    _ = state.update { $0.append(kind, callback.token, at: callback.receivedAt) }
  }

  /// Records a request that was refused.
  ///
  /// - Parameters:
  ///   - rejection: Why.
  ///   - token: The token in its path, if any.
  ///   - isAddressed: Whether that is the token of a delivery that this process waits for, which only its sender knows.
  func record(_ rejection: JournalRejection, of token: DeliveryToken? = nil, isAddressed: Bool = false) {
    let at = now()
    _ = state.update { $0.append(rejection, token, isAddressed: isAddressed, at: at) }
  }

  /// Records a request that was refused by a receiver.
  func record(
    _ request: CallbackRequest,
    _ target: CallbackTarget?,
    _ rejection: CallbackRejection,
    _ tracker: DeliveryTracker
  ) {
    record(
      JournalRejection(
        reason: rejection.reason,
        message: rejection.message,
        status: rejection.status.code,
        endpoint: target?.endpoint,
        provider: target?.provider.name,
        age: rejection.age,
        request: refused(request)
      ),
      of: target?.token,
      isAddressed: target?.token.map(tracker.contains) ?? false
    )
  }

  /// The request as an entry of an accepted callback keeps it, or `nil` if it keeps none.
  func kept(_ request: CallbackRequest) -> JournalRequest? {
    keepsRequests ? JournalRequest(request, maximumBody: JournalRequest.wholeBody) : nil
  }

  /// The request as an entry of a refusal keeps it.
  func refused(_ request: CallbackRequest) -> JournalRequest {
    JournalRequest(
      request,
      maximumBody: keepsRequests ? JournalRequest.wholeBody : JournalRequest.bodyPrefix
    )
  }

  // MARK: Explaining

  /// The entries of one delivery, by its token, and what is known of requests that were refused since it was opened.
  func story(of token: DeliveryToken) -> JournalStory { state.read { $0.story { $0.token == token } } }

  /// The token of the delivery that a name means: its handle, or an id of its notification.
  func token(of name: String) -> DeliveryToken? { state.read { $0.token(of: name) } }

  /// The entries of callbacks that have an id, whose delivery may be unknown here.
  func story(ofID id: String) -> JournalStory {
    state.read { $0.story { $0.event?.correlationIDs.contains(id) == true } }
  }
}

extension DeliveryJournal: SafelyDescribed {
  /// The number of the newest entry.
  public var description: String { "DeliveryJournal(newest: \(newest))" }
}
