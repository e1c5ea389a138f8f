internal import HeapModule

/// The deadlines of all waits and grace periods, earliest first.
///
/// A wait that ends before its time leaves its entry behind, which costs less than to search for it; when stale
/// entries prevail, one sweep removes them.
struct DeadlineQueue {
  struct Entry: Comparable {
    let deadline: Duration
    let token: DeliveryToken
    /// The wait that ends, or `nil` for a grace period.
    let waitID: UInt64?

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

  /// Notes that an entry lost its wait, and whether that makes a sweep worth while.
  mutating func noteStale() -> Bool {
    stale += 1
    return stale > 1_024 && stale > heap.count / 2
  }

  /// Keeps only the entries that still stand for something.
  mutating func sweep(keeping isLive: (Entry) -> Bool) {
    heap = Heap(heap.unordered.filter(isLive))
    stale = 0
  }
}
