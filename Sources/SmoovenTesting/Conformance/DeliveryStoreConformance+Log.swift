internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryStoreConformance {
  /// Checks the promises of an `EventLog`.
  func checkLog() async throws {
    try await theLogIsReadInPages()
    try await theLogIsReadWhileItGrows()
    try await cursorsAreNeverReused()
    try await placesNeverGoBack()
    try await workersContinue()
    try await readersAreWoken()
  }

  private func makeLog() async throws -> any EventLog {
    guard let log = try await make() as? any EventLog else {
      throw ConformanceFailure("every store that is created is an EventLog, or none is")
    }
    return log
  }

  private func theLogIsReadInPages() async throws {
    let log = try await makeLog()
    try require(try await log.page(after: .beginning, limit: 10).isEmpty, "an empty log has no pages")
    // From any group, with and without a delivery.
    let token = try await insert(delivery(), into: log).delivery.token
    let all = (0..<25).map { number in
      callback("\(number)", token: number % 2 == 0 ? token : nil) {
        if number % 3 == 0 { $0.group = "other" }
      }
    }
    for callback in all[..<10] { _ = try await log.append([callback]) }
    _ = try await log.append(Array(all[10...]) + [all[0]])
    for limit in [1, 7, 25, 1_000] {
      let found = try await read(log, limit: limit)
      try require(found.map(\.callback) == all, "the log returns every callback once, in order, in pages")
    }
    let found = try await read(log, limit: 10)
    let own = try await callbacks(in: log, CallbackLookup(group: Self.group, token: token), limit: 10)
    try require(
      own == found.filter { $0.callback.token == token && $0.event.group == Self.group },
      "a callback has one cursor, however it is found"
    )
  }

  private func theLogIsReadWhileItGrows() async throws {
    let log = try await makeLog()
    let reads: [[StoredEvent]] = try await promptly("a reader gets what is appended while it reads") {
      try await withThrowingTaskGroup(of: [StoredEvent].self) { group in
        for _ in 0..<2 {
          group.addTask {
            var read: [StoredEvent] = []
            for try await stored in log.events() {
              read.append(stored)
              if read.count == 200 { break }
            }
            return read
          }
        }
        for writer in 0..<4 {
          group.addTask {
            for number in 0..<25 {
              _ = try await log.append([callback("\(writer) \(number) a"), callback("\(writer) \(number) b")])
            }
            return []
          }
        }
        return try await group.reduce(into: []) { if !$1.isEmpty { $0.append($1) } }
      }
    }
    for read in reads {
      try require(
        zip(read, read.dropFirst()).allSatisfy { $0.cursor < $1.cursor },
        "a reader gets callbacks in the order of their cursors while others append"
      )
      try require(
        Set(read.map(\.event.deduplicationKey)).count == 200,
        "a reader skips no callback and gets none twice while others append"
      )
    }
    try require(
      reads.count == 2 && reads[0] == reads[1],
      "all readers get the same callbacks in the same order"
    )
  }

  private func cursorsAreNeverReused() async throws {
    var log: any EventLog = try await makeLog()
    var last = EventCursor.beginning
    for round in 0..<4 {
      _ = try await log.append([
        callback("\(round) a", after: Double(round)), callback("\(round) b", after: Double(round)),
      ])
      let page = try await log.page(after: last, limit: 10)
      try require(
        page.count == 2,
        "a reader that has a cursor gets what was appended since, also after pruning"
      )
      last = page.last?.cursor ?? last
      try await log.prune(before: .distantFuture)
      try require(try await read(log, limit: 10).isEmpty, "pruning forgets the callbacks of the log")
      if round == 1, let reopen, let again = try await reopen(log) as? any EventLog { log = again }
    }
  }

  private func placesNeverGoBack() async throws {
    var log: any EventLog = try await makeLog()
    _ = try await log.append((0..<6).map { callback("\($0)") })
    let cursors = try await read(log, limit: 10).map(\.cursor)
    let names = ["worker", "Worker", "worker "] + Self.hostileTexts
    for name in names {
      try require(try await log.cursor(named: name) == .beginning, "an unknown worker is at the beginning")
    }
    for (name, cursor) in zip(names, cursors) { try await log.advance(name, to: cursor) }
    for cursor in cursors {
      try await log.advance(names[2], to: cursor)
      try await log.advance(names[2], to: cursors[0])
    }
    for _ in 0..<2 {
      for (name, cursor) in zip(names, cursors) where name != names[2] {
        try require(try await log.cursor(named: name) == cursor, "each worker has its own place")
      }
      try require(
        try await log.cursor(named: names[2]) == cursors[5],
        "the place of a worker never goes back"
      )
      if let reopen, let again = try await reopen(log) as? any EventLog { log = again }
    }
  }

  private func workersContinue() async throws {
    struct Interruption: Error {}
    let log = try await makeLog()
    let all = (0..<30).map { callback("\($0)") }
    _ = try await log.append(all)
    var seen: [StoredCallback] = []
    for limit in [7, 18, 30] {
      do {
        try await log.forEachEvent(named: "worker", batch: 10) { stored in
          if seen.last != stored.callback { seen.append(stored.callback) }
          if seen.count == limit { throw Interruption() }
        }
      } catch is Interruption {}
      try require(
        seen == Array(all[..<limit]),
        "a worker continues after the callbacks that it has worked through"
      )
    }
  }

  private func readersAreWoken() async throws {
    let log = try await makeLog()
    _ = try await log.append([callback("1")])
    let isOpen = try await promptly("waiting returns immediately if something is stored after the place") {
      try await log.waitForEvents(after: .beginning)
    }
    try require(isOpen, "waiting returns true while the store is open")
    let last = try await read(log, limit: 10).last?.cursor ?? .beginning
    async let woken = promptly("a reader that waits is woken by what is appended") {
      while try await log.page(after: last, limit: 1).isEmpty {
        guard try await log.waitForEvents(after: last) else { return false }
      }
      return true
    }
    for _ in 0..<10 { await Task.yield() }
    _ = try await log.append([callback("2")])
    try require(try await woken, "a reader that waits is woken by what is appended")
    let waiting = Task {
      while true { _ = try await log.waitForEvents(after: EventCursor(rawValue: .max)) }
    }
    waiting.cancel()
    let end = try await promptly("a reader that is cancelled stops waiting") { await waiting.result }
    if case .failure(let error) = end {
      try require(error is CancellationError, "a reader that is cancelled gets CancellationError")
    }
  }

  private func read(_ log: any EventLog, limit: Int) async throws -> [StoredEvent] {
    var all: [StoredEvent] = []
    while true {
      let page = try await log.page(after: all.last?.cursor ?? .beginning, limit: limit)
      if page.isEmpty { return all }
      try require(page.count <= limit, "a page of the log holds at most as many callbacks as were asked for")
      all += page
    }
  }
}
