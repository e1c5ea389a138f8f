#if PostgresSupport
internal import Smooven

/// The news that a follower must read.
///
/// If that becomes much, because the follower is slow, it's to read what is stored for its interests instead.
struct ReplicaNews: Sendable {
  /// The maximum number of places, callbacks and deliveries.
  static let limit = 20_000

  /// The places of callbacks to read.
  var positions: Set<Int64> = []
  /// Those of them that a poll found.
  var polled: Set<Int64> = []
  /// The callbacks that this process has in memory.
  var events: [StoredEvent] = []
  /// The deliveries that changed, with numbers that define their order.
  private var numbers: [DeliveryToken: Int] = [:]
  /// Whether to read everything that is stored for the interests, because news may have been missed.
  var isEverything = false
  /// Whether a replica is dead that had pending deliveries.
  var hasOrphans = false
  var isClosed = false

  init(isEverything: Bool = false, hasOrphans: Bool = false, isClosed: Bool = false) {
    self.isEverything = isEverything
    self.hasOrphans = hasOrphans
    self.isClosed = isClosed
  }

  var isEmpty: Bool {
    positions.isEmpty && events.isEmpty && numbers.isEmpty && !isEverything && !hasOrphans && !isClosed
  }

  /// The deliveries that changed, each of them once, in the order in which the changes were learned.
  var tokens: [DeliveryToken] { numbers.sorted { $0.value < $1.value }.map(\.key) }

  mutating func add(_ token: DeliveryToken) {
    if numbers[token] == nil { numbers[token] = numbers.count }
  }

  mutating func merge(_ other: ReplicaNews) {
    positions.formUnion(other.positions)
    polled.formUnion(other.polled)
    events += other.events
    for token in other.tokens { add(token) }
    isEverything = isEverything || other.isEverything
    hasOrphans = hasOrphans || other.hasOrphans
    isClosed = isClosed || other.isClosed
    guard positions.count + events.count + numbers.count > Self.limit else { return }
    self = ReplicaNews(isEverything: true, hasOrphans: hasOrphans, isClosed: isClosed)
  }
}

/// The text of a notification, with places of callbacks and hashes of the tokens of deliveries.
///
/// Every role of the database may listen, so the text contains no token. Unknown text is ignored, and the next poll
/// finds what it should have said.
struct ReplicaMessage: Sendable, Hashable {
  /// The maximum number of bytes in the text, for which PostgreSQL's own limit is 7,999.
  private static let limit = 7_800

  var positions: Set<Int64> = []
  var hashes: Set<Int64> = []

  init(positions: Set<Int64> = [], hashes: Set<Int64> = []) {
    self.positions = positions
    self.hashes = hashes
  }

  /// Reads a text.
  init?(_ text: String) {
    guard text.hasPrefix("1 ") else { return nil }
    let parts = text.dropFirst(2).split(separator: ";", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    positions = Set(parts[0].split(separator: ",").compactMap { Int64($0) })
    hashes = Set(parts[1].split(separator: ",").compactMap { Int64($0) })
  }

  /// Returns the hash that identifies a token.
  static func hash(_ token: DeliveryToken) -> Int64 { LookupKey.id(token.text, group: "smooven.notify") }

  var count: Int { positions.count + hashes.count }

  mutating func merge(_ other: ReplicaMessage) {
    positions.formUnion(other.positions)
    hashes.formUnion(other.hashes)
  }

  /// The texts to send, `1 <place>,…;<hash>,…`, as few as possible.
  var texts: [String] {
    var texts: [String] = []
    var lists = ["", ""]
    func add(_ number: Int64, to list: Int) {
      let item = String(number)
      if lists[0].utf8.count + lists[1].utf8.count + item.utf8.count + 4 > Self.limit {
        texts.append("1 \(lists[0]);\(lists[1])")
        lists = ["", ""]
      }
      lists[list] += lists[list].isEmpty ? item : "," + item
    }
    for position in positions { add(position, to: 0) }
    for hash in hashes { add(hash, to: 1) }
    if lists != ["", ""] { texts.append("1 \(lists[0]);\(lists[1])") }
    return texts
  }
}
#endif
