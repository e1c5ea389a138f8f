#if PostgresSupport
internal import Smooven

/// What a follower has to look at.
struct ReplicaNews: Sendable {
  /// The places of callbacks to read.
  var positions: Set<Int64> = []
  /// Callbacks that this process has in memory.
  var events: [StoredEvent] = []
  var tokens: Set<DeliveryToken> = []
  /// Whether to read everything that is stored for the interests, because something may have been missed.
  var isEverything = false
  var isClosed = false

  var isEmpty: Bool { positions.isEmpty && events.isEmpty && tokens.isEmpty && !isEverything && !isClosed }

  mutating func merge(_ other: ReplicaNews) {
    positions.formUnion(other.positions)
    events += other.events
    tokens.formUnion(other.tokens)
    isEverything = isEverything || other.isEverything
    isClosed = isClosed || other.isClosed
  }
}

/// A notification's text: places of callbacks, and hashes of the tokens of deliveries.
///
/// Every role of the database may listen, so no token is in it. Of unknown text nothing is taken: what it should have
/// said is found by the next poll.
struct ReplicaMessage: Sendable, Hashable {
  /// The maximum length; PostgreSQL's own is 7,999 bytes.
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

  /// The hash under which a token is named.
  static func hash(_ token: DeliveryToken) -> Int64 { LookupKey.id(token.text, group: "smooven.notify") }

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
