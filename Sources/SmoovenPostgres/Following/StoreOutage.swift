#if PostgresSupport
/// An outage of the database, as a value, so that it's logged when it begins and when it ends, and not at each retry.
struct StoreOutage: Sendable {
  /// Something that reads the database again and again.
  enum Part: Sendable, Hashable {
    case polling
    case following(Int)
  }

  private var failing: Set<Part> = []
  private var isClosing = false

  /// Records that a part fails.
  ///
  /// - Returns: Whether the outage begins with that.
  mutating func fail(_ part: Part) -> Bool {
    if isClosing { return false }
    let wasNone = failing.isEmpty
    failing.insert(part)
    return wasNone
  }

  /// Records that a part works, or is gone.
  ///
  /// - Returns: Whether the outage ends with that.
  mutating func recover(_ part: Part) -> Bool {
    guard failing.remove(part) != nil else { return false }
    return failing.isEmpty && !isClosing
  }

  /// Accepts that the store is being closed, after which nothing that fails is an outage.
  mutating func close() { isClosing = true }
}
#endif
