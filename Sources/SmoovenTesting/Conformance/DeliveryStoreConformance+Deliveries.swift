internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryStoreConformance {
  /// Inserts a delivery, which must be new.
  func insert(_ delivery: StoredDelivery, into store: any DeliveryStore) async throws -> VersionedDelivery {
    guard case .inserted(let row) = try await store.insert(delivery) else {
      throw ConformanceFailure("a delivery with a new key and a new token is inserted")
    }
    try require(row.delivery == delivery, "an insertion returns the delivery that was inserted")
    return row
  }

  /// Replaces a row that nothing else is changing.
  func replace(
    _ delivery: StoredDelivery,
    _ version: Int64,
    in store: any DeliveryStore
  ) async throws -> Int64 {
    guard let new = try await store.replace(delivery, version: version) else {
      throw ConformanceFailure("a row whose version is unchanged is replaced")
    }
    return new
  }

  /// Returns the current state of a row that must exist.
  func loaded(_ row: VersionedDelivery, from store: any DeliveryStore) async throws -> VersionedDelivery {
    guard let row = try await store.load(.token(row.delivery.token)) else {
      throw ConformanceFailure("a delivery stays until it is removed or pruned")
    }
    return row
  }

  func insertingIsIdempotent() async throws {
    let store = try await make()
    let first = delivery("key")
    let row = try await insert(first, into: store)
    guard case .existing(let again) = try await store.insert(delivery("key")) else {
      throw ConformanceFailure("a second insertion of a key inserts nothing")
    }
    try require(again.delivery == first, "a second insertion of a key returns the first delivery")
    try require(again.version == row.version, "a second insertion of a key doesn't change the version")
    let twin = StoredDelivery(token: first.token, group: Self.group, openedAt: start)
    guard case .existing(let same) = try await store.insert(twin) else {
      throw ConformanceFailure("a second insertion of a token inserts nothing")
    }
    try require(same.delivery == first, "a second insertion of a token returns the first delivery")
    for key in ["Key", "key ", "key\u{0}1", "key\u{0}2", nil, nil] {
      _ = try await insert(delivery(key), into: store)
    }
  }

  func oneOfManyInsertionsWins() async throws {
    let store = try await make()
    let rows = try await concurrently(20) { _ in try await store.insert(delivery("key")) }
    let tokens = Set(rows.map { $0.row.delivery.token })
    try require(tokens.count == 1, "all concurrent insertions of a key return one delivery")
    try require(rows.count { $0.isNew } == 1, "of concurrent insertions of a key, exactly one inserts")
  }

  func replacingNeedsTheVersion() async throws {
    let store = try await make()
    let row = try await insert(delivery("key"), into: store)
    var changed = row.delivery
    changed.label = "changed"
    let version = try await replace(changed, row.version, in: store)
    try require(version != row.version, "a replaced row has a new version")
    let loaded = try await store.load(.token(changed.token))
    try require(loaded?.delivery == changed, "a replaced row is returned as it was replaced")
    try require(loaded?.version == version, "a replacement returns the version that is then loaded")
    var stale = row.delivery
    stale.label = "stale"
    try require(
      try await store.replace(stale, version: row.version) == nil,
      "a row is never replaced by its old version"
    )
    try require(
      try await store.load(.token(changed.token))?.delivery == changed,
      "a refused replacement changes nothing"
    )
    let unknown = delivery()
    try require(
      try await store.replace(unknown, version: version) == nil,
      "an unknown delivery isn't replaced"
    )
    try require(try await store.load(.token(unknown.token)) == nil, "a replacement never inserts")
    let third = try await replace(changed, version, in: store)
    try require(third != version && third != row.version, "a version is never used twice for one row")
  }

  func oneOfManyReplacementsWins() async throws {
    let store = try await make()
    var row = try await insert(delivery("key"), into: store)
    for round in 0..<5 {
      let (delivery, version) = (row.delivery, row.version)
      let versions = try await concurrently(20) { number in
        var mine = delivery
        mine.label = "\(round) \(number)"
        return try await store.replace(mine, version: version).map { (number, $0) }
      }
      let winners = versions.compactMap { $0 }
      try require(winners.count == 1, "of concurrent replacements of one version, exactly one wins")
      guard let (winner, new) = winners.first, let loaded = try await store.load(.token(delivery.token))
      else {
        throw ConformanceFailure("a replaced row is there")
      }
      try require(
        loaded.delivery.label == "\(round) \(winner)" && loaded.version == new,
        "the replacement that won is the one that is loaded"
      )
      row = loaded
    }
  }

  func removingNeedsTheVersion() async throws {
    let store = try await make()
    let row = try await insert(delivery("key", ids: ["ntf_1"]), into: store)
    let token = row.delivery.token
    let version = try await replace(row.delivery, row.version, in: store)
    try await store.remove(token, version: row.version)
    try require(try await store.load(.token(token)) != nil, "a row is never removed by its old version")
    try await store.remove(DeliveryToken(), version: version)
    try await store.remove(token, version: version)
    for lookup in [DeliveryLookup.token(token), .idempotencyKey("key"), .id("ntf_1", group: Self.group)] {
      try require(try await store.load(lookup) == nil, "a removed delivery is gone from every lookup")
    }
    try require(try await store.pending(after: nil, limit: 10).isEmpty, "a removed delivery isn't pending")
    try require(
      try await store.replace(row.delivery, version: version) == nil,
      "a removed delivery isn't replaced"
    )
    _ = try await insert(delivery("key"), into: store)
  }

  func deliveriesComeBackWhole() async throws {
    let store = try await make()
    for text in Self.hostileTexts {
      let whole = try wholeDelivery(text)
      _ = try await insert(whole, into: store)
      for lookup in [
        DeliveryLookup.token(whole.token), .idempotencyKey("key \(text)"),
        .id("second \(text)", group: "group \(text)"),
      ] {
        let loaded = try await store.load(lookup)
        try require(loaded != nil, "a key and an id may hold any text")
        try require(loaded?.delivery == whole, "a delivery comes back with every field as it was stored")
      }
    }
  }

  func timeNeverGoesBack() async throws {
    let store = try await make()
    let row = try await insert(delivery("key"), into: store)
    var last = row.time
    for number in 0..<100 {
      let now = number % 2 == 0 ? try await store.time() : try await loaded(row, from: store).time
      try require(now.epoch == last.epoch, "the epoch of the store's time doesn't change while it is open")
      try require(now.nanoseconds >= last.nanoseconds, "the store's time never goes back")
      last = now
    }
  }
}

extension DeliveryInsertion {
  var row: VersionedDelivery {
    switch self {
    case .inserted(let row), .existing(let row): row
    }
  }

  var isNew: Bool {
    if case .inserted = self { true } else { false }
  }
}
