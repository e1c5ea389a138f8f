internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryStoreRandomRun {
  mutating func append(callbacks count: Int) async throws {
    note(count == 1 ? "append" : "appendSeveral")
    var callbacks = (0..<count).map { _ in chooseCallback() }
    // Duplicates within one step.
    if count > 2, random.next() % 2 == 0 { callbacks[count - 1] = callbacks[0] }
    let results: [AppendResult] =
      if count == 1, let result = try store.appendImmediately(callbacks[0]) {
        [result]
      } else {
        try await store.append(callbacks)
      }
    try require(results.count == count, "every callback that is appended has a result")
    for (callback, result) in zip(callbacks, results) { try note(callback, result) }
  }

  mutating func appendConcurrently() async throws {
    note("appendConcurrently")
    let (callback, store) = (chooseCallback(), store)
    let results = try await conformance.concurrently(4) { _ in try await store.append([callback]) }.joined()
    // It isn't known which of them was first, so the one that was stored, if any, is noted first.
    for result in results.sorted(by: { left, right in left == .stored && right != .stored }) {
      try note(callback, result)
    }
  }

  private mutating func note(_ callback: StoredCallback, _ result: AppendResult) throws {
    switch result {
    case .stored:
      tally.stored += 1
      unread.append(callback)
    case .duplicate, .tooOld: tally.duplicates += 1
    }
    try require(
      model.append(callback, result),
      "a new callback is stored, and one that was stored within the retention of its key is a duplicate"
    )
  }

  mutating func compareCallbacks() async throws {
    guard let token = chooseToken() else { return }
    try await compareCallbacks(of: token)
  }

  mutating func compareCallbacks(of token: DeliveryToken) async throws {
    note("callbacks")
    guard let delivery = try await loaded(token)?.delivery else { return }
    let found = try await conformance.callbacks(
      in: store,
      CallbackLookup(group: delivery.group, token: token, ids: delivery.ids),
      limit: Int.random(in: 1...20, using: &random)
    )
    tally.compared += found.count
    try require(
      model.accepts(found.map(\.callback), of: delivery),
      "the callbacks of a delivery are those with its token or ids, in the order in which they were stored"
    )
  }

  /// Reads everything that was appended since the log was last read.
  mutating func readLog() async throws {
    guard let log = store as? any EventLog else { return unread = [] }
    note("page")
    var rest = unread[...]
    while true {
      let page = try await log.page(after: cursor, limit: Int.random(in: 1...20, using: &random))
      if page.isEmpty { break }
      for stored in page {
        try require(stored.cursor > cursor, "the cursors of the log grow")
        cursor = stored.cursor
        let missing = rest.prefix { $0 != stored.callback }
        try require(
          missing.count < rest.count && !missing.contains(where: model.isKept),
          "the log returns every callback once, in the order in which they were stored"
        )
        rest = rest.dropFirst(missing.count + 1)
      }
      tally.compared += page.count
    }
    try require(!rest.contains(where: model.isKept), "the log returns every callback that was stored")
    unread = []
  }

  mutating func prune() async throws {
    note("prune")
    // Usually prunes only what is old, and sometimes everything that may be pruned.
    let age = random.next() % 8 == 0 ? 0 : Int64.random(in: retention / 4...retention, using: &random)
    let date = model.now.addingTimeInterval(-Double(age))
    try await store.prune(before: date)
    model.prune(before: date)
  }
}
