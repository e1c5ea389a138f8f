internal import DequeModule
internal import HeapModule

internal import struct Foundation.Date

/// The deduplication keys of one endpoint.
///
/// If there's no room, the oldest keys by signed time are removed, and ``floor`` moves up to the newest of those.
/// Anything signed at the floor or before can't be distinguished from a replay anymore. So a lack of memory narrows the
/// window instead of refusing callbacks, until the minimum window is reached.
struct SeenKeys {
  enum Insertion {
    case new, duplicate, tooOld, full
  }

  /// A key with its hash, which is computed once, because growing a set of a million keys would otherwise read every
  /// text again.
  struct Key: Hashable {
    private let digest: Int
    private let text: String

    init(_ text: String) {
      digest = text.hashValue
      self.text = text
    }

    func hash(into hasher: inout Hasher) { hasher.combine(digest) }
  }

  private static let chunkSize = 1_024

  private let capacity: Int
  // In seconds.
  private let minimumWindow: Double
  private var keys: Set<Key> = []
  // Grouped by the second in which they were signed. Removing a second at a time is precise enough for a window of
  // minutes.
  private var signed: [Int64: [Key]] = [:]
  private var seconds = Heap<Int64>()
  private var signedCount = 0
  private var newest = -Double.infinity
  private var arrivals: Deque<[(key: Key, at: Date)]> = []
  // The number of keys in the first chunk that are already removed.
  private var forgotten = 0
  private var brief: [Key: Date] = [:]
  // The number of brief keys at which the expired ones among them are removed.
  private var sweepCount = Self.chunkSize
  /// The signed time up to which keys were forgotten.
  private(set) var floor: Date?

  init(capacity: Int, minimumWindow: Double) {
    self.capacity = capacity
    self.minimumWindow = minimumWindow
  }

  var count: Int { keys.count }

  /// The largest number of keys that are limited together, which are those with a signed time, without one, and with an
  /// expiry.
  var largestCount: Int { max(signedCount, keys.count - signedCount, brief.count) }

  /// The newest signed time so far.
  var newestSignedAt: Date? { newest.isFinite ? Date(timeIntervalSinceReferenceDate: newest) : nil }

  /// Returns whether discarding all of the keys would change nothing for events that were signed after a date.
  func isIdle(since date: Date, now: Date) -> Bool {
    keys.isEmpty && floor.map { $0 < date } ?? true && brief.values.allSatisfy { $0 <= now }
  }

  /// Records a key, unless it's known.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - signedAt: The signed time, if the scheme signs one.
  ///   - expiry: The time at which the key may be reused, if it identifies only the bytes of its event.
  ///   - now: The time of arrival.
  /// - Returns: Whether the key is new.
  mutating func insert(_ key: Key, signedAt: Date?, expiry: Date?, now: Date) -> Insertion {
    if let expiry { return insertBriefly(key, until: expiry, now: now) }
    // One search of a large set, though it must be undone in the rare case that there's no room.
    guard keys.insert(key).inserted else { return .duplicate }
    let insertion = if let signedAt { place(key, signedAt: signedAt) } else { place(key, now: now) }
    if insertion != .new { keys.remove(key) }
    return insertion
  }

  private mutating func place(_ key: Key, signedAt: Date) -> Insertion {
    if let floor, signedAt <= floor { return .tooOld }
    let time = signedAt.timeIntervalSinceReferenceDate
    guard let second = Int64(exactly: time.rounded(.down)) else { return .tooOld }
    // Updated before room is made, because a store that filled up within the window would otherwise stay full after a
    // pause.
    newest = max(newest, time)
    while signedCount >= capacity {
      guard let oldest = seconds.min, Double(oldest) + 1 <= newest - minimumWindow else { return .full }
      _ = forgetOldestSecond()
      if let floor, signedAt <= floor { return .tooOld }
    }
    if signed[second]?.append(key) == nil {
      signed[second] = [key]
      seconds.insert(second)
    }
    signedCount += 1
    return .new
  }

  /// Reverts the insertion of a new key before anything else happens.
  ///
  /// Revert several insertions in reverse order.
  mutating func takeBack(_ key: Key, signedAt: Date?, expiry: Date?) {
    if expiry != nil {
      brief[key] = nil
      return
    }
    // The key is already gone if a later one of the insertions took its room.
    guard keys.remove(key) != nil else { return }
    guard let signedAt else { return takeBackArrival(key) }
    signedCount -= 1
    guard let second = Int64(exactly: signedAt.timeIntervalSinceReferenceDate.rounded(.down)),
      let place = signed[second]?.lastIndex(of: key)
    else { return }
    signed[second]?.remove(at: place)
  }

  /// Removes the keys that were signed or arrived before a date, and returns their number.
  mutating func forget(before date: Date) -> Int {
    let before = keys.count
    let limit = date.timeIntervalSinceReferenceDate
    while let second = seconds.min, Double(second) + 1 <= limit { _ = forgetOldestSecond() }
    while let oldest = oldestArrival, oldest.at < date { forgetOldestArrival() }
    return before - keys.count
  }

  private mutating func forgetOldestSecond() -> Int {
    guard let second = seconds.popMin(), let old = signed.removeValue(forKey: second), !old.isEmpty else {
      return 0
    }
    for key in old { keys.remove(key) }
    signedCount -= old.count
    let end = Date(timeIntervalSinceReferenceDate: (Double(second) + 1).nextDown)
    floor = max(floor ?? end, end)
    return old.count
  }

  // MARK: Without a signed time

  private var oldestArrival: (key: Key, at: Date)? { arrivals.first?.dropFirst(forgotten).first }

  private mutating func place(_ key: Key, now: Date) -> Insertion {
    if keys.count - signedCount > capacity {
      guard let oldest = oldestArrival, now.timeIntervalSince(oldest.at) > minimumWindow else { return .full }
      forgetOldestArrival()
    }
    // Stored in chunks, because a growing queue copies everything that it contains.
    if arrivals.last.map({ $0.count < Self.chunkSize }) != true {
      arrivals.append([])
      arrivals[arrivals.count - 1].reserveCapacity(Self.chunkSize)
    }
    arrivals[arrivals.count - 1].append((key, now))
    return .new
  }

  private mutating func forgetOldestArrival() {
    guard let oldest = oldestArrival else { return }
    keys.remove(oldest.key)
    forgotten += 1
    if forgotten == arrivals.first?.count {
      arrivals.removeFirst()
      forgotten = 0
    }
  }

  private mutating func takeBackArrival(_ key: Key) {
    guard arrivals.last?.last?.key == key else { return }
    arrivals[arrivals.count - 1].removeLast()
    guard arrivals.last?.count == (arrivals.count == 1 ? forgotten : 0) else { return }
    arrivals.removeLast()
    if arrivals.isEmpty { forgotten = 0 }
  }

  private mutating func insertBriefly(_ key: Key, until expiry: Date, now: Date) -> Insertion {
    if let known = brief[key], known > now { return .duplicate }
    if brief.count >= min(capacity, sweepCount) {
      brief = brief.filter { $0.value > now }
      sweepCount = max(Self.chunkSize, brief.count * 2)
      if brief.count >= capacity { return .full }
    }
    brief[key] = expiry
    return .new
  }
}
