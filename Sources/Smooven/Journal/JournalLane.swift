internal import DequeModule

/// A ring of entries of one kind, bounded in number and in bytes.
struct JournalLane: Sendable {
  private(set) var entries = Deque<JournalEntry>()
  private var bytes = 0
  private let maximumEntries: Int
  private let maximumBytes: Int

  init(maximumEntries: Int, maximumBytes: Int) {
    self.maximumEntries = maximumEntries
    self.maximumBytes = maximumBytes
  }

  /// Appends an entry, and removes the oldest ones that no longer fit.
  ///
  /// The newest one always stays.
  ///
  /// - Returns: The removed entries.
  mutating func append(_ entry: JournalEntry) -> JournalEvictions {
    entries.append(entry)
    bytes += entry.size
    var evicted = JournalEvictions()
    while entries.count > maximumEntries || (bytes > maximumBytes && entries.count > 1),
      let oldest = entries.popFirst()
    {
      bytes -= oldest.size
      evicted.add(oldest)
    }
    return evicted
  }

  /// The entries after a number, oldest first.
  func suffix(after number: UInt64, limit: Int) -> Deque<JournalEntry>.SubSequence {
    var (low, high) = (entries.startIndex, entries.endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if entries[middle].number > number { high = middle } else { low = middle + 1 }
    }
    return entries[low...].prefix(limit)
  }
}

/// Entries that were removed, usually one, to be freed outside the lock.
struct JournalEvictions: Sendable {
  private var first: JournalEntry?
  private var others: [JournalEntry] = []

  mutating func add(_ entry: JournalEntry) {
    if first == nil { first = entry } else { others.append(entry) }
  }
}
