/// A list that forgets its oldest elements: above a number of them, and above a number of bytes.
struct History<Element: Sendable>: Sendable {
  /// The maximum number of bytes that the elements may hold.
  static var maximumSize: Int { 256 << 20 }

  private let limit: Int
  private let maximumSize: Int
  private let size: @Sendable (Element) -> Int
  private var totalSize = 0
  /// The elements that are kept, oldest first.
  private(set) var elements: [Element] = []
  /// The number of elements that were ever added.
  private(set) var total = 0

  init(
    limit: Int,
    maximumSize: Int = Self.maximumSize,
    size: @escaping @Sendable (Element) -> Int = { _ in 0 }
  ) {
    self.limit = limit
    self.maximumSize = maximumSize
    self.size = size
  }

  /// Returns what is remembered of the elements after a position among all that were ever added.
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
    let newSize = size(element)
    while !elements.isEmpty, elements.count >= limit || totalSize + newSize > maximumSize {
      let oldest = elements.prefix(max(1, elements.count / 10))
      forgotten += oldest
      for element in oldest { totalSize -= size(element) }
      elements.removeFirst(oldest.count)
    }
    elements.append(element)
    totalSize += newSize
    total += 1
    return forgotten
  }
}
