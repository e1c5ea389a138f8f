internal import Smooven

/// The response to one replayed request, compared with that at the time of its capture.
struct ReplayResult: Encodable, Sendable {
  /// The line of the capture.
  let line: Int
  let event: String?
  let id: String?
  let before: Int
  let after: Int?
  /// The reason why there was no response.
  let error: String?
  /// `duplicate` if it's the second copy that `--faults` asks for.
  let fault: String?
  /// The advice about a difference.
  var advice: String?

  var isSame: Bool { before == after }

  /// The result in a line, for a person.
  var text: String {
    let what = [event, id].compactMap(\.self).joined(separator: " ")
    let now = after.map { "\($0) now" } ?? "no response now: \(error ?? "")"
    return "line \(line)\(what.isEmpty ? "" : "  \(what)"): \(before) before, \(now)"
      + (advice.map { "; \($0)" } ?? "")
  }
}

/// The results of a replay together.
struct ReplayReport: Encodable {
  private(set) var sent = 0
  private(set) var same = 0
  private(set) var different = 0
  var dropped = 0
  var skippedLines = 0
  private var counts: [Pair: Int] = [:]

  private struct Pair: Hashable {
    let before: Int
    let after: Int?
  }

  private enum CodingKeys: String, CodingKey {
    case sent, same, different, dropped
    case skippedLines = "skipped_lines"
  }

  mutating func add(_ result: ReplayResult) {
    sent += 1
    if result.isSame { same += 1 } else { different += 1 }
    counts[Pair(before: result.before, after: result.after), default: 0] += 1
  }

  /// The table for a person.
  var lines: [String] {
    let rows = counts.sorted { ($0.key.before, $0.key.after ?? 0) < ($1.key.before, $1.key.after ?? 0) }
    let table = rows.map { pair, count in
      let number = "\(count)"
      return "\(pair.before)     \(pair.after.map { "\($0)" } ?? "-  ")    "
        + String(repeating: " ", count: max(0, 8 - number.count)) + number
        + (pair.before == pair.after ? "" : "  differs")
    }
    let last = ["\(sent) sent: \(same) got the same response, \(different) another one"]
    return ["before  now      requests"] + table + last
      + (dropped > 0 ? ["\(dropped) dropped by --faults"] : [])
  }
}

extension CapturedExchange {
  /// The provider after which its endpoint is named, or `nil` if it has another name.
  var knownProvider: KnownProvider? { endpoint.flatMap(KnownProvider.init(rawValue:)) }

  /// The provider of its endpoint, to read the request and not to verify it, or `nil` if it's unknown.
  var provider: (any CallbackProvider)? {
    try? knownProvider?.provider(["whsec_bm90LWEta2V5LWp1c3QtYS1wbGFjZWhvbGRlcg=="])
  }

  /// The name and the first id of its event, or `nil` if it has none.
  var summary: (event: String?, id: String?) {
    let event = try? provider?.decode(request)
    return (event?.name, event?.correlationIDs.first)
  }

  /// Indicates whether any value in its body is an id.
  func mentions(_ id: String) -> Bool {
    var isFound = false
    _ = JSONTree(bytes)?.replacing { part in
      if part.kind != .key, part.text == id { isFound = true }
      return nil
    }
    return isFound
  }
}
