internal import Smooven
internal import SmoovenSupport

/// Says on standard error which requests a listener refused and why, and which events it had received before.
///
/// Of each kind, a few lines are said immediately, and then one every ten seconds, with the number of those in between.
actor JournalPrinter {
  private struct Kind {
    /// The number of entries of this kind that lines were said about, or that a line counted.
    var told = 0
    /// The number of lines that may be said immediately.
    var burst = 5
    var last: ContinuousClock.Instant?
  }

  private static let duplicates = "duplicate"
  private static let interval = Duration.seconds(10)

  private let journal: DeliveryJournal
  private let say: @Sendable (_ line: String) -> Void
  private let now: @Sendable () -> ContinuousClock.Instant
  private var position: UInt64 = 0
  private var kinds: [String: Kind] = [:]
  private var duplicateCount = 0

  init(
    _ journal: DeliveryJournal,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    say: @escaping @Sendable (_ line: String) -> Void = { Terminal.printError($0) }
  ) {
    self.journal = journal
    self.now = now
    self.say = say
  }

  /// Follows the journal until cancelled.
  func run() async {
    for await page in journal.pages() {
      take(page)
      // Under load, what arrives in the meantime is read in one go.
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Says what is left, and the numbers of what wasn't said.
  func finish() {
    while case let page = journal.entries(after: position, limit: 1_000), page.end != position { take(page) }
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
      let rest = count - (kinds[name]?.told ?? 0)
      if rest > 0 { say("and \(rest) more: \(name)") }
    }
  }

  private var counts: [String: Int] {
    journal.rejectionCounts.merging([Self.duplicates: duplicateCount]) { first, _ in first }
  }

  private func take(_ page: JournalPage) {
    for entry in page.entries where entry.number > position {
      switch entry.kind {
      case .rejected(let rejection):
        let place = rejection.endpoint.map { "\($0): " } ?? ""
        tell(rejection.reason) {
          "refused: \(place)\(rejection.status) \(rejection.reason): \(rejection.explanation)"
        }
      case .callback(let event, .duplicate, _):
        duplicateCount += 1
        tell(Self.duplicates) {
          let id = event.correlationIDs.first.map { " \($0)" } ?? ""
          return
            "duplicate: \(event.endpoint): \(event.name)\(id): it was received before, so it isn't printed again"
        }
      default: break
      }
    }
    position = page.end
  }

  private func tell(_ name: String, _ line: () -> String) {
    var kind = kinds[name] ?? Kind()
    let now = now()
    if kind.burst > 0 {
      kind.burst -= 1
    } else if let last = kind.last, now - last < Self.interval {
      return
    }
    // Read now: the journal keeps only the last few of a kind, and counts all of them.
    let rest = (counts[name] ?? 0) - kind.told - 1
    let isLate = kind.burst == 0 && rest > 0 && kind.last.map { now - $0 >= Self.interval } ?? false
    say(line() + (isLate ? " (and \(rest) more since the last line)" : ""))
    kind.told += isLate ? rest + 1 : 1
    kind.last = now
    kinds[name] = kind
  }
}
