internal import DequeModule
internal import SmoovenCallbacks

internal import struct Foundation.Date

/// The entries of a journal, as a value: no lock, no clock.
///
/// Whatever an untrusted client can repeat has its own lane: refused requests one for each reason, and duplicates.
struct JournalState: Sendable {
  /// The number of reasons that are told apart; providers may add their own.
  private static let maximumReasons = 32
  private static let otherReason = "other"

  private(set) var newest: UInt64 = 0
  private(set) var rejectionCounts: [String: Int] = [:]
  /// The entries about deliveries.
  private var deliveries: JournalLane
  private var duplicates: JournalLane
  /// Requests that were refused at the URL of a delivery that is waited for.
  private var addressed: JournalLane
  private var rejections: [String: JournalLane] = [:]
  private var traffic = JournalTraffic()
  private let rejectionLane: JournalLane
  private let maximumRejections: Int

  init(maximumEntries: Int, maximumBytes: Int, maximumRejections: Int) {
    self.maximumRejections = maximumRejections
    deliveries = JournalLane(maximumEntries: maximumEntries, maximumBytes: maximumBytes / 2)
    duplicates = JournalLane(maximumEntries: max(1, maximumEntries / 10), maximumBytes: maximumBytes / 8)
    addressed = JournalLane(maximumEntries: maximumRejections * 4, maximumBytes: maximumBytes / 16)
    rejectionLane = JournalLane(maximumEntries: maximumRejections, maximumBytes: maximumBytes / 128)
  }

  // MARK: Recording

  mutating func append(_ kind: JournalEntry.Kind, _ token: DeliveryToken?, at: Date) -> JournalEvictions {
    var isDuplicate = false
    if case .callback(let event, let disposition, _) = kind {
      if event.source == .callback { traffic.accepted &+= 1 }
      isDuplicate = disposition == .duplicate
    }
    let entry = entry(kind, token, at)
    return isDuplicate ? duplicates.append(entry) : deliveries.append(entry)
  }

  mutating func append(
    _ rejection: JournalRejection,
    _ token: DeliveryToken?,
    isAddressed: Bool,
    at: Date
  ) -> JournalEvictions {
    traffic.rejected &+= 1
    let isKnown = rejectionCounts[rejection.reason] != nil || rejectionCounts.count < Self.maximumReasons
    let reason = isKnown ? rejection.reason : Self.otherReason
    rejectionCounts[reason, default: 0] += 1
    let entry = entry(.rejected(rejection), token, at)
    if isAddressed { return addressed.append(entry) }
    return rejections[reason, default: rejectionLane].append(entry)
  }

  private mutating func entry(_ kind: JournalEntry.Kind, _ token: DeliveryToken?, _ at: Date) -> JournalEntry
  {
    newest += 1
    return JournalEntry(number: newest, at: at, kind: kind, token: token, traffic: traffic)
  }

  // MARK: Reading

  func page(after number: UInt64, limit: Int) -> JournalPage {
    // A place of another journal: what follows isn't a continuation.
    let startsOver = number > newest
    let start = startsOver ? 0 : number
    var entries: [JournalEntry] = []
    for lane in lanes { entries += lane.suffix(after: start, limit: limit + 1) }
    entries.sort { $0.number < $1.number }
    let isCut = entries.count > limit
    if isCut { entries.removeLast(entries.count - limit) }
    let end = isCut ? entries.last?.number ?? newest : newest
    return JournalPage(
      entries: entries,
      missed: Int(clamping: end - start) - entries.count,
      startsOver: startsOver,
      end: end
    )
  }

  private var lanes: [JournalLane] { [deliveries, duplicates, addressed] + rejections.values }

  /// The entries for which a closure returns `true`, with what happened around them.
  func story(where isIncluded: (JournalEntry) -> Bool) -> JournalStory {
    var entries: [JournalEntry] = []
    for lane in [deliveries, duplicates, addressed] { entries += lane.entries.filter(isIncluded) }
    let strangers = rejections.values.flatMap(\.entries)
    let refused = Array(addressed.entries) + strangers
    // At the delivery's own URL, though nothing waited for it then.
    entries += strangers.filter(isIncluded)
    return JournalStory(
      entries: entries.sorted { $0.number < $1.number },
      rejections: refused.sorted { $0.number < $1.number },
      rejectionLimit: maximumRejections,
      foreign: tokens(of: refused),
      traffic: traffic
    )
  }

  /// The tokens in the paths of refused requests that are those of known deliveries.
  private func tokens(of refused: [JournalEntry]) -> Set<DeliveryToken> {
    let asked = Set(refused.compactMap(\.token))
    if asked.isEmpty { return [] }
    var known: Set<DeliveryToken> = []
    for entry in deliveries.entries {
      if let token = entry.token, asked.contains(token) { known.insert(token) }
    }
    return known
  }

  func token(of name: String) -> DeliveryToken? {
    deliveries.entries.last { entry in
      if case .accepted(let id, _, _) = entry.kind, id == name { return true }
      return entry.handle == name
    }?.token
  }
}

/// The numbers of requests that had arrived when something happened.
struct JournalTraffic: Sendable, Hashable {
  /// Verified callbacks, duplicates too.
  var accepted: UInt64 = 0
  /// Requests that were refused.
  var rejected: UInt64 = 0
}

/// The entries of a journal about one delivery.
struct JournalStory: Sendable {
  var entries: [JournalEntry]
  /// The refused requests that are kept.
  var rejections: [JournalEntry]
  /// The number of refused requests that are kept for one reason.
  var rejectionLimit: Int
  /// The tokens in their paths that are those of known deliveries.
  var foreign: Set<DeliveryToken>
  /// The traffic so far.
  var traffic: JournalTraffic

  /// Whether a refused request was addressed to no known delivery, so that it may have been meant for any.
  func isUnaddressed(_ entry: JournalEntry) -> Bool { entry.token.map { !foreign.contains($0) } ?? true }
}
