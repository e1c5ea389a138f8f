internal import HeapModule

/// The deadlines of all waits and grace periods, earliest first.
///
/// A wait that ends before its deadline leaves its entry behind, which costs less than searching for it. Once stale
/// entries are the majority, one sweep removes them.
struct DeadlineQueue {
  struct Entry: Comparable {
    let deadline: Duration
    let token: DeliveryToken
    /// The wait that ends, or ``grace`` for the grace period of all of the slot's waits.
    let waitID: UInt64

    static let grace: UInt64 = 0

    static func < (left: Entry, right: Entry) -> Bool { left.deadline < right.deadline }
  }

  private var heap = Heap<Entry>()
  private var stale = 0

  var earliest: Duration? { heap.min?.deadline }
  var count: Int { heap.count }

  mutating func insert(_ entry: Entry) {
    heap.insert(entry)
  }

  mutating func popDue(now: Duration) -> Entry? {
    guard let entry = heap.min, entry.deadline <= now else { return nil }
    return heap.popMin()
  }

  /// Records that an entry lost its wait, and returns whether a sweep is now worthwhile.
  mutating func noteStale() -> Bool {
    stale += 1
    return stale > 1_024 && stale > heap.count / 2
  }

  /// Keeps only the entries whose wait is still open.
  mutating func sweep(keeping isLive: (Entry) -> Bool) {
    heap = Heap(heap.unordered.filter(isLive))
    stale = 0
  }
}
