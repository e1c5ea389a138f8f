/// The slots of an event, each of them once: nearly always one, for which no array is created.
struct TokenList: Sequence {
  private(set) var first: DeliveryToken?
  private var others: [DeliveryToken] = []

  var isEmpty: Bool { first == nil }

  mutating func add(_ token: DeliveryToken) {
    if first == nil {
      first = token
    } else if first != token, !others.contains(token) {
      others.append(token)
    }
  }

  /// Returns those for which a closure returns `true`.
  func filter(_ isIncluded: (DeliveryToken) -> Bool) -> TokenList {
    var list = TokenList()
    for token in self where isIncluded(token) { list.add(token) }
    return list
  }

  func makeIterator() -> Iterator { Iterator(upcoming: first, others: others.makeIterator()) }

  struct Iterator: IteratorProtocol {
    fileprivate var upcoming: DeliveryToken?
    fileprivate var others: IndexingIterator<[DeliveryToken]>

    mutating func next() -> DeliveryToken? {
      defer { upcoming = others.next() }
      return upcoming
    }
  }
}
