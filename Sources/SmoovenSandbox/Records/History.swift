/// A list that forgets its oldest elements.
struct History<Element: Sendable>: Sendable {
  private let limit: Int
  /// The remembered elements, oldest first.
  private(set) var elements: [Element] = []
  /// The number of elements that were ever added.
  private(set) var total = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// Returns the remembered elements after a position among all that were ever added.
  func elements(after position: Int) -> [Element] {
    Array(elements.suffix(max(0, total - position)))
  }

  /// Adds an element.
  ///
  /// - Returns: The elements that were dropped for it, which are a tenth at a time, so that a full list isn't moved
  ///   every time.
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
