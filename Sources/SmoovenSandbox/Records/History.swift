/// A list that forgets its oldest elements.
struct History<Element: Sendable>: Sendable {
  private let limit: Int
  /// What is remembered, oldest first.
  private(set) var elements: [Element] = []
  /// How many elements there ever were.
  private(set) var total = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// What is remembered of the elements after a position among all that ever were.
  func elements(after position: Int) -> [Element] {
    Array(elements.suffix(max(0, total - position)))
  }

  /// Adds an element.
  ///
  /// - Returns: Those that were forgotten for it: a tenth at a time, so that a full list is not moved every time.
  @discardableResult
  mutating func append(_ element: Element) -> [Element] {
    var forgotten: [Element] = []
    if elements.count >= limit {
      forgotten = Array(elements.prefix(max(1, limit / 10)))
      elements.removeFirst(forgotten.count)
    }
    elements.append(element)
    total += 1
    return forgotten
  }
}
