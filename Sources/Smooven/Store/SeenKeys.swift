internal import DequeModule

internal import struct Foundation.Date

/// Deduplication keys, forgotten in the order of their arrival.
struct SeenKeys {
  /// A key, and the scope in which it counts.
  struct Key: Hashable {
    // Reckoned once: to grow a set of a million would read every text again, and each neighbour would be compared.
    private let digest: Int
    private let scope: String
    private let key: String

    init(scope: String, key: String) {
      var hasher = Hasher()
      hasher.combine(scope)
      hasher.combine(key)
      digest = hasher.finalize()
      self.scope = scope
      self.key = key
    }

    static func == (left: Key, right: Key) -> Bool {
      left.digest == right.digest && left.key == right.key && left.scope == right.scope
    }

    func hash(into hasher: inout Hasher) { hasher.combine(digest) }
  }

  private typealias Arrival = (key: Key, at: Date)

  private static let chunkSize = 1_024

  private var keys: Set<Key> = []
  // In chunks, for a queue that grows copies all that it holds.
  private var arrivals: Deque<[Arrival]> = []
  // How many of the first chunk are forgotten.
  private var forgotten = 0

  var count: Int { keys.count }

  func contains(_ key: Key) -> Bool { keys.contains(key) }

  /// Notes a key; returns whether it is new.
  mutating func insert(_ key: Key, at date: Date) -> Bool {
    guard keys.insert(key).inserted else { return false }
    if arrivals.last.map({ $0.count < Self.chunkSize }) != true {
      arrivals.append([])
      arrivals[arrivals.count - 1].reserveCapacity(Self.chunkSize)
    }
    arrivals[arrivals.count - 1].append((key, date))
    return true
  }

  /// Forgets what arrived before a date; returns how many that were.
  mutating func forget(before date: Date) -> Int {
    let before = keys.count
    while let chunk = arrivals.first, let oldest = chunk.dropFirst(forgotten).first, oldest.at < date {
      keys.remove(oldest.key)
      forgotten += 1
      if forgotten == chunk.count {
        arrivals.removeFirst()
        forgotten = 0
      }
    }
    return before - keys.count
  }
}
