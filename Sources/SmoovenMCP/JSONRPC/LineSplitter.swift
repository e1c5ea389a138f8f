/// A splitter of a byte stream into lines, which drops lines that are too long without keeping them.
struct LineSplitter: Sendable {
  /// A line without its line feed.
  enum Line: Sendable, Hashable {
    case whole([UInt8])
    /// The line was longer than the limit.
    case tooLong
  }

  private let limit: Int
  private var pending: [UInt8] = []
  private var isSkipping = false

  init(limit: Int) {
    self.limit = limit
  }

  /// Accepts bytes, and returns the lines that they complete.
  ///
  /// Empty lines are left out.
  mutating func split(_ bytes: [UInt8]) -> [Line] {
    var lines: [Line] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      append(rest[..<end], isEnd: true, to: &lines)
      rest = rest[(end + 1)...]
    }
    append(rest, isEnd: false, to: &lines)
    return lines
  }

  private mutating func append(_ part: ArraySlice<UInt8>, isEnd: Bool, to lines: inout [Line]) {
    if !isSkipping {
      if pending.count + part.count > limit {
        isSkipping = true
        pending = []
        lines.append(.tooLong)
      } else {
        pending += part
      }
    }
    guard isEnd else { return }
    if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
    if !pending.isEmpty { lines.append(.whole(pending)) }
    pending = []
    isSkipping = false
  }
}
