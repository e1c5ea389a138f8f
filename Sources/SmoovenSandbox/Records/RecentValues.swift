/// A dictionary that forgets the values that were added first: above a number of them, and above a number of bytes.
struct RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    var value: Value
    var size: Int
    let number: Int
  }

  private let limit: Int
  private let maximumSize: Int
  private let size: @Sendable (Key, Value) -> Int
  private var totalSize = 0
  private var entries: [Key: Entry] = [:]
  /// The keys in the order in which they were added.
  ///
  /// Those of removed values stay until they're the majority.
  private var order: [(key: Key, number: Int)] = []
  private var position = 0
  private var nextNumber = 0

  init(
    limit: Int,
    maximumSize: Int = 64 << 20,
    size: @escaping @Sendable (Key, Value) -> Int
  ) {
    self.limit = limit
    self.maximumSize = maximumSize
    self.size = size
  }

  var count: Int { entries.count }

  subscript(key: Key) -> Value? { entries[key]?.value }

  /// Sets a value.
  ///
  /// - Returns: The value before, if any.
  @discardableResult
  mutating func set(_ value: Value, for key: Key) -> Value? {
    let newSize = size(key, value)
    let old = entries[key]
    totalSize += newSize - (old?.size ?? 0)
    if let old {
      entries[key] = Entry(value: value, size: newSize, number: old.number)
    } else {
      entries[key] = Entry(value: value, size: newSize, number: nextNumber)
      order.append((key, nextNumber))
      nextNumber += 1
    }
    while entries.count > max(1, limit) || (totalSize > maximumSize && entries.count > 1),
      position < order.count
    {
      let oldest = order[position]
      position += 1
      if entries[oldest.key]?.number == oldest.number { remove(oldest.key) }
    }
    compact()
    return old?.value
  }

  /// Removes and returns a value.
  @discardableResult
  mutating func remove(_ key: Key) -> Value? {
    guard let entry = entries.removeValue(forKey: key) else { return nil }
    totalSize -= entry.size
    return entry.value
  }

  /// Keeps the list of keys at no more than about twice the number of values.
  private mutating func compact() {
    guard order.count > 2 * entries.count + 64 else { return }
    order = order[position...].filter { entries[$0.key]?.number == $0.number }
    position = 0
  }
}
