internal import Smooven
internal import SmoovenCallbacks

extension DeliveryStoreConformance {
  func duplicatesAreRecognized() async throws {
    let store = try await make()
    let token = try await insert(delivery(), into: store).delivery.token
    let first = callback("1", token: token)
    try require(try await store.append([first]) == [.stored], "a new callback is stored")
    try require(try await store.append([first]) == [.duplicate], "the same callback is a duplicate")
    let again = callback("1", .delivered, ids: ["ntf_1"], after: 60)
    try require(
      try await store.append([again]) == [.duplicate],
      "a callback with a known key is a duplicate, whatever else it says"
    )
    let other = callback("1", token: token, after: 61) { $0.endpoint = "other" }
    try require(
      try await store.append([other]) == [.stored],
      "the same key of another endpoint is another event"
    )
    let batch = ["2", "3", "2", "1", "4"].map { callback($0, token: token, after: 62) }
    try require(
      try await store.append(batch) == [.stored, .stored, .duplicate, .duplicate, .stored],
      "what became of each callback is returned in order, and duplicates within one step are recognized"
    )
    try require(try await store.append([]).isEmpty, "appending nothing does nothing")
    let next = callback("5", token: token, after: 63)
    if let result = try store.appendImmediately(next) {
      try require(result == .stored, "a new callback is stored without suspending")
      try require(
        try store.appendImmediately(next) != .stored,
        "a duplicate is recognized without suspending"
      )
    } else {
      _ = try await store.append([next])
    }
    try require(
      try await store.append([next]) == [.duplicate],
      "however it was appended, a callback is stored once"
    )
    // The boundary between endpoint and key matters.
    let pairs = [
      ("ab", "c"), ("a", "bc"), ("a", "b\u{0}c"), ("a", "b\u{0}d"), ("a", "BC"), ("a", "bc "), ("a", ""),
    ]
    for (endpoint, key) in pairs {
      let callback = callback(key, after: 64) { $0.endpoint = endpoint }
      try require(
        try await store.append([callback]) == [.stored],
        "a key that differs in any byte is another event"
      )
    }
    let found = try await callbacks(in: store, CallbackLookup(group: Self.group, token: token), limit: 100)
    try require(
      found.map(\.callback) == [first, other, batch[0], batch[1], batch[4], next],
      "of each event the first callback is stored, and no duplicate"
    )
  }

  func oneOfManyAppendsStores() async throws {
    let store = try await make()
    let token = try await insert(delivery(), into: store).delivery.token
    let callbacks = (0..<50).map { callback("\($0)", token: token) }
    let results = try await concurrently(16) { number in
      let turned = callbacks[(number * 3)...] + callbacks[..<(number * 3)]
      // Appended one at a time, or several in one call.
      guard number % 2 == 0 else { return try await store.append(Array(turned)) }
      var results: [AppendResult] = []
      for callback in turned { results += try await store.append([callback]) }
      return results
    }
    let stored = results.joined().count { $0 == .stored }
    try require(stored == 50, "of concurrent duplicates, exactly one is stored")
    try require(
      results.allSatisfy { $0.count == 50 && $0.allSatisfy { $0 != .tooOld } },
      "every callback has a result"
    )
    let found = try await self.callbacks(in: store, CallbackLookup(group: Self.group, token: token), limit: 7)
    try require(
      found.map(\.event.deduplicationKey).sorted() == callbacks.map(\.event.deduplicationKey).sorted(),
      "of concurrent duplicates, exactly one is kept"
    )
  }

  func callbacksComeInPages() async throws {
    let store = try await make()
    let token = try await insert(delivery(), into: store).delivery.token
    let all = (0..<40).map { callback("\($0)", token: token, after: Double($0)) }
    for callback in all[..<20] { _ = try await store.append([callback]) }
    _ = try await store.append(Array(all[20...]))
    for limit in [1, 7, 40, 1_000] {
      let found = try await callbacks(
        in: store,
        CallbackLookup(group: Self.group, token: token),
        limit: limit
      )
      try require(
        found.map(\.callback) == all,
        "callbacks come in the order in which they were stored, in pages"
      )
    }
  }

  func lookupsFindTheirCallbacks() async throws {
    let store = try await make()
    let (token, other) = (DeliveryToken(), DeliveryToken())
    let byToken = callback("1", token: token)
    let byID = callback("2", ids: ["msg_2", "ntf_2"])
    let byConversation = callback("3", ids: ["msg_3"]) { $0.conversationIDs = ["conversation"] }
    let byBoth = callback("4", ids: ["ntf_2"], token: token)
    let elsewhere = callback("5", ids: ["ntf_2"], token: token) { $0.group = "other" }
    let nothing = callback("6")
    _ = try await store.append([byToken, byID, byConversation, byBoth, elsewhere, nothing])
    func check(
      _ token: DeliveryToken?,
      _ ids: [String],
      _ expected: [StoredCallback],
      _ promise: String
    ) async throws {
      let lookup = CallbackLookup(group: Self.group, token: token, ids: ids)
      try require(try await callbacks(in: store, lookup, limit: 2).map(\.callback) == expected, promise)
    }
    try await check(token, [], [byToken, byBoth], "callbacks are found by their token, within the group")
    try await check(
      nil,
      ["ntf_2"],
      [byID, byBoth],
      "callbacks are found by each of their ids, within the group"
    )
    try await check(nil, ["conversation"], [byConversation], "callbacks are found by a conversation id")
    try await check(
      token,
      ["ntf_2", "conversation", "msg_2"],
      [byToken, byID, byConversation, byBoth],
      "callbacks with the token or any of the ids are found, each once"
    )
    try await check(other, ["ntf_", "ntf_22", "1", ""], [], "an unknown token or id finds no callback")
    try await check(nil, [], [], "a lookup without token and ids finds no callback")
    try await callbacksOfDeliveriesAreFoundByAll()
  }

  /// Checks that a callback of one delivery is also found for others, by each of its other ids and its token.
  private func callbacksOfDeliveriesAreFoundByAll() async throws {
    let store = try await make()
    let row = try await insert(delivery(ids: ["ntf_1"]), into: store)
    let other = DeliveryToken()
    let callback = callback("1", ids: ["msg_1", "ntf_1", "job_1"], token: other) {
      $0.conversationIDs = ["conversation"]
    }
    _ = try await store.append([callback])
    var lookups = ["ntf_1", "msg_1", "job_1", "conversation"].map {
      CallbackLookup(group: Self.group, ids: [$0])
    }
    lookups.append(CallbackLookup(group: Self.group, token: other))
    lookups.append(CallbackLookup(group: Self.group, token: row.delivery.token, ids: ["ntf_1", "msg_1"]))
    for lookup in lookups {
      try require(
        try await callbacks(in: store, lookup, limit: 10).map(\.callback) == [callback],
        "a callback that has an id of a delivery is found once, by its token and by each of its ids"
      )
    }
  }

  func callbacksComeBackWhole() async throws {
    let store = try await make()
    for text in Self.hostileTexts {
      let token = DeliveryToken()
      for callback in [wholeCallback(text, token: token), wholeCallback("\(text) without token")] {
        try require(try await store.append([callback]) == [.stored], "a callback may hold any text")
        let lookup = CallbackLookup(
          group: callback.event.group,
          token: callback.token,
          ids: callback.event.correlationIDs.prefix(1).map { $0 }
        )
        let found = try await callbacks(in: store, lookup, limit: 10)
        try require(
          found.map(\.callback) == [callback],
          "a callback comes back with every field as it was stored"
        )
      }
    }
  }

  /// Returns all callbacks of a lookup, reading page by page.
  func callbacks(
    in store: any DeliveryStore,
    _ lookup: CallbackLookup,
    limit: Int
  ) async throws -> [StoredEvent] {
    var all: [StoredEvent] = []
    while true {
      let cursor = all.last?.cursor ?? .beginning
      let page = try await store.callbacks(matching: lookup, after: cursor, limit: limit)
      if page.isEmpty { return all }
      try require(page.count <= limit, "a page of callbacks holds at most as many as were asked for")
      for stored in page {
        try require(stored.cursor > all.last?.cursor ?? .beginning, "the cursors of callbacks grow")
        all.append(stored)
      }
    }
  }
}
