/// The slots of an event, each of them once: nearly always one, for which no array is created.
struct SlotList<Slot: AnyObject>: Sequence {
  private var first: Slot?
  private var others: [Slot] = []

  var isEmpty: Bool { first == nil }

  mutating func add(_ slot: Slot) {
    if first == nil {
      first = slot
    } else if first !== slot, !others.contains(where: { $0 === slot }) {
      others.append(slot)
    }
  }

  /// Returns those for which a closure returns `true`.
  func filter(_ isIncluded: (Slot) -> Bool) -> SlotList {
    var list = SlotList()
    for slot in self where isIncluded(slot) { list.add(slot) }
    return list
  }

  func makeIterator() -> Iterator { Iterator(upcoming: first, others: others.makeIterator()) }

  struct Iterator: IteratorProtocol {
    fileprivate var upcoming: Slot?
    fileprivate var others: IndexingIterator<[Slot]>

    mutating func next() -> Slot? {
      defer { upcoming = others.next() }
      return upcoming
    }
  }
}
