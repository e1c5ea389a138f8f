internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryStoreConformance {
  func pruningForgetsOnlyTheOld() async throws {
    let store = try await make()
    var old = delivery("old", ids: ["ntf_1"])
    old.verdict = .delivered(event("1", .delivered, ids: []))
    var unwanted = old
    unwanted = delivery("unwanted", after: 1)
    unwanted.verdict = old.verdict
    unwanted.wantedUntil = time(-30 * 86_400)
    let pending = delivery("pending", after: 2)
    var wanted = delivery("wanted", after: 3)
    wanted.verdict = old.verdict
    wanted.wantedUntil = .distantFuture
    let before = callback("before", ids: ["msg_1"], after: 4)
    let after = callback("after", ids: ["msg_1"], after: 1_000)
    var young = delivery("young", after: 1_001)
    young.verdict = old.verdict
    for delivery in [old, unwanted, pending, wanted] { _ = try await insert(delivery, into: store) }
    _ = try await store.append([before])
    _ = try await store.append([after])
    _ = try await insert(young, into: store)
    let removed = try await insert(delivery("removed", after: 5), into: store)
    try await store.remove(removed.delivery.token, version: removed.version)
    try require(try await store.prune(before: start) == 0, "pruning forgets nothing that isn't old")
    let count = try await store.prune(before: time(500))
    for lookup in [DeliveryLookup.token(old.token), .idempotencyKey("old"), .id("ntf_1", group: Self.group)] {
      try require(try await store.load(lookup) == nil, "pruning forgets old deliveries that have a verdict")
    }
    try require(
      try await store.load(.token(unwanted.token)) == nil,
      "pruning forgets old deliveries that were wanted until a time that has passed"
    )
    for (delivery, promise) in [
      (pending, "pruning never forgets a pending delivery"),
      (wanted, "pruning never forgets a wanted delivery"),
      (young, "pruning forgets no delivery that was opened after the date"),
    ] {
      try require(try await store.load(.token(delivery.token))?.delivery == delivery, promise)
    }
    let lookup = CallbackLookup(group: Self.group, ids: ["msg_1"])
    try require(
      try await callbacks(in: store, lookup, limit: 10).map(\.callback) == [after],
      "pruning forgets the callbacks that arrived before the date, and no others"
    )
    try require(count == 3, "pruning returns the number of removed callbacks and deliveries")
    _ = try await insert(delivery("old", after: 1_002), into: store)
    try await store.prune(before: .distantFuture)
    for delivery in [pending, wanted] {
      try require(
        try await store.load(.token(delivery.token))?.delivery == delivery,
        "no date is late enough to prune a pending or wanted delivery"
      )
    }
  }

  func pruningKeepsWhatDecides() async throws {
    let store = try await make()
    let row = try await insert(delivery("pending", ids: ["ntf_1"]), into: store)
    var second = delivery("wanted", after: 1, ids: ["ntf_2"])
    second.verdict = .delivered(event("0", .delivered, ids: []))
    second.wantedUntil = .distantFuture
    let other = try await insert(second, into: store)
    for (row, id) in [(row, "ntf_1"), (other, "ntf_2")] {
      let token = row.delivery.token
      _ = try await store.append([
        callback("\(id) 1", .sent, ids: [id], token: token, after: 2),
        callback("\(id) 2", .failed, ids: [id], after: 3) { $0.channel = .email },
        callback("\(id) 3", .failed, ids: [id], token: token, after: 4),
        callback("\(id) 4", .failed, ids: [id], token: token, after: 5),
        callback("\(id) 5", .delivered, ids: [id], token: token, after: 6),
        callback("\(id) 6", .opened, ids: [id], after: 7),
        callback("\(id) 7", .replied, ids: ["ntf_of_another"], token: token, after: 8),
      ])
    }
    let before = [try await loaded(row, from: store), try await loaded(other, from: store)]
    try await store.prune(before: time(500))
    for (before, id) in zip(before, ["ntf_1", "ntf_2"]) {
      let after = try await loaded(before, from: store)
      let token = before.delivery.token
      let lookup = CallbackLookup(group: Self.group, token: token, ids: [id])
      let found = try await callbacks(in: store, lookup, limit: 10).map(\.event) + after.delivery.milestones
      for number in [2, 3, 5, 6] {
        try require(
          found.contains { $0.deduplicationKey == "\(id) \(number)" },
          "before the first event of a terminal kind is pruned, its delivery keeps it; of failures, one a channel"
        )
      }
      try require(
        !after.delivery.milestones.contains { $0.deduplicationKey == "\(id) 7" },
        "a delivery keeps no event that isn't its own"
      )
      var changed = before.delivery
      changed.milestones = after.delivery.milestones
      try require(after.delivery == changed, "pruning changes nothing else of a delivery")
      guard after.delivery != before.delivery else { continue }
      try require(after.version != before.version, "a delivery that kept an event has a new version")
      try require(
        try await store.replace(before.delivery, version: before.version) == nil,
        "a delivery that kept an event isn't replaced by its old version"
      )
    }
  }

  func keysOutliveTheirCallbacks() async throws {
    let store = try await make()
    let retention = store.deduplicationRetention
    try require(retention > .zero, "deduplication keys are remembered for some time")
    let signed = (0..<20).map { callback("signed \($0)", ids: ["msg"]) }
    let unsigned = (0..<20).map { callback("unsigned \($0)", ids: ["msg"]) { $0.signedAt = nil } }
    _ = try await store.append(signed + unsigned)
    let later = min(3_600, (retention / 2) / .seconds(1))
    try await store.prune(before: time(later))
    let again = (signed + unsigned).map { StoredCallback($0.event, receivedAt: time(later)) }
    try require(
      try await store.append(again).allSatisfy { $0 == .duplicate },
      "a callback is a duplicate within the retention of its key, even after it was pruned"
    )
    let lookup = CallbackLookup(group: Self.group, ids: ["msg"])
    try require(
      try await callbacks(in: store, lookup, limit: 100).isEmpty,
      "a duplicate of a pruned callback isn't stored again"
    )
  }

  /// Checks a store that has no room for more keys.
  func aFullStoreIsHonest(_ capacity: Int) async throws {
    let store = try await make()
    // Hours apart, so that no minimum window keeps the store from forgetting.
    let hour = 3_600.0
    let all = (0...capacity).map { callback("\($0)", after: Double($0) * hour) }
    for callback in all {
      try require(try await store.append([callback]) == [.stored], "a full store forgets the oldest keys")
    }
    let now = Double(capacity) * hour
    let again = all.map { StoredCallback($0.event, receivedAt: time(now)) }
    for callback in again.reversed() {
      try require(
        try await store.append([callback]) != [.stored],
        "what was stored once is a duplicate or too old, however many keys were forgotten"
      )
    }
    try require(
      try await store.append([again[0]]) == [.tooOld],
      "a callback whose key was forgotten is too old"
    )
    if let newest = again.last {
      try require(
        try await store.append([newest]) == [.duplicate],
        "a full store still knows its newest keys"
      )
    }
    var unknown = callback("unknown", after: now)
    unknown.event.signedAt = start
    try require(
      try await store.append([unknown]) == [.tooOld],
      "what was signed before a forgotten key is too old, because nothing shows whether it is new"
    )
    let elsewhere = StoredCallback(unknown.event.of("other"), receivedAt: time(now))
    try require(
      try await store.append([elsewhere]) == [.stored],
      "a flood at one endpoint narrows no other endpoint's window"
    )
    // As many as there's room for, signed at the same time, and then a pause.
    let burst = try await make()
    for number in 0..<capacity { _ = try await burst.append([callback("\(number)", after: 0)]) }
    try require(
      try await burst.append([callback("later", after: 24 * hour)]) == [.stored],
      "a store that filled up within a short time has room again after a pause"
    )
    try await aFullStoreTakesAllOrNothing(capacity)
  }

  /// Checks an append whose last callback has no room, if the store has a minimum window within which it keeps all
  /// keys.
  private func aFullStoreTakesAllOrNothing(_ capacity: Int) async throws {
    let store = try await make()
    for number in 0..<capacity { _ = try await store.append([callback("\(number)", after: 0)]) }
    let token = try await insert(delivery(), into: store).delivery.token
    let first = callback("first", token: token, after: 1) { $0.endpoint = "other" }
    let second = callback("second", token: token, after: 1) { ($0.endpoint, $0.signedAt) = ("third", nil) }
    let last = callback("last", token: token, after: 1)
    do {
      _ = try await store.append([first, first, second, last])
    } catch let error as DeliveryStoreError where error.code == .full {
      let lookup = CallbackLookup(group: Self.group, token: token)
      try require(
        try await callbacks(in: store, lookup, limit: 10).isEmpty,
        "if one callback of a step has no room, none of them is stored"
      )
      try require(
        try await store.append([first, second]) == [.stored, .stored],
        "the callbacks of a step that was refused are new when they are offered again"
      )
    }
  }

  func survivesReopening(_ reopen: Opening) async throws {
    var store = try await make()
    let row = try await insert(delivery("key", ids: ["ntf_1"]), into: store)
    var concluded = try wholeDelivery("concluded")
    concluded.wantedUntil = .distantFuture
    _ = try await insert(concluded, into: store)
    let token = row.delivery.token
    var changed = row.delivery
    changed.label = "changed"
    let version = try await replace(changed, row.version, in: store)
    let all = [
      callback("1", token: token), wholeCallback("whole", token: token), callback("3", token: token),
    ]
    .map { StoredCallback($0.event.in(Self.group), token: token, receivedAt: $0.receivedAt) }
    _ = try await store.append(all)
    let lookup = CallbackLookup(group: Self.group, token: token)
    let cursors = try await callbacks(in: store, lookup, limit: 10).map(\.cursor)
    for _ in 0..<2 {
      store = try await reopen(store)
      try require(
        try await store.load(.idempotencyKey("key"))?.delivery == changed,
        "a delivery and its key survive"
      )
      try require(
        try await store.load(.id("ntf_1", group: Self.group))?.version == version,
        "the version of a row survives"
      )
      try require(
        try await store.load(.token(concluded.token))?.delivery == concluded,
        "a delivery survives with every field"
      )
      try require(
        try await pending(in: store, limit: 10).map(\.delivery) == [changed],
        "pending deliveries survive"
      )
      let found = try await callbacks(in: store, lookup, limit: 10)
      try require(found.map(\.callback) == all, "callbacks survive with every field, in order")
      try require(found.map(\.cursor) == cursors, "the cursors of callbacks survive")
      try require(try await store.append(all).allSatisfy { $0 == .duplicate }, "deduplication survives")
    }
    _ = try await store.append([callback("4", token: token)])
    try require(
      try await callbacks(in: store, lookup, limit: 10).last.map { $0.cursor > cursors[2] } == true,
      "cursors go on after the store is opened again"
    )
    _ = try await replace(row.delivery, version, in: store)
  }
}

extension CallbackEvent {
  /// Returns the same event at another endpoint.
  func of(_ endpoint: String) -> CallbackEvent {
    var event = self
    event.endpoint = endpoint
    return event
  }

  /// Returns the same event in another group.
  func `in`(_ group: String) -> CallbackEvent {
    var event = self
    event.group = group
    return event
  }
}
