internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

/// One store and its model under random operations.
struct DeliveryStoreRandomRun {
  let conformance: DeliveryStoreConformance
  var store: any DeliveryStore
  var model: DeliveryStoreModel
  var random: SeededGenerator
  let retention: Int64
  let advance: (@Sendable (Duration) -> Void)?
  /// Deliveries to choose from, some of which no longer exist, with the id under which each is accepted.
  var tokens: [DeliveryToken] = []
  var ids: [DeliveryToken: String] = [:]
  /// Versions that rows had before.
  var stale: [DeliveryToken: Int64] = [:]
  var keys: [String] = []
  /// The callbacks that were appended since the log was last read, and the place up to which it was read.
  var unread: [StoredCallback] = []
  var cursor = EventCursor.beginning
  var count: Int64 = 0
  var tally = ConformanceTally()

  init(
    conformance: DeliveryStoreConformance,
    store: any DeliveryStore,
    seed: UInt64,
    retention: Duration,
    advance: (@Sendable (Duration) -> Void)?
  ) {
    self.conformance = conformance
    self.store = store
    self.retention = max(1_000, retention.components.seconds)
    self.advance = advance
    random = SeededGenerator(seed: seed)
    model = DeliveryStoreModel(
      // Times have fractions, which a store must not round.
      now: conformance.start.addingTimeInterval(0.123_456),
      retention: retention,
      keyRetention: store.deduplicationRetention
    )
  }

  mutating func step() async throws {
    count += 1
    moveTime()
    switch random.next() % 1_000 {
    case ..<300: try await append(callbacks: 1)
    case ..<360: try await append(callbacks: Int.random(in: 2...5, using: &random))
    case ..<400: try await appendConcurrently()
    case ..<520: try await insert()
    case ..<680: try await replace()
    case ..<720: try await replaceConcurrently()
    case ..<760: try await useOldVersion()
    case ..<790: try await remove()
    case ..<880: try await load()
    case ..<950: try await compareCallbacks()
    case ..<970: try await comparePending()
    case ..<985: try await readLog()
    case ..<997: try await prune()
    default: try await openAgain()
    }
  }

  /// Compares everything that the store contains.
  mutating func compareAll() async throws {
    try await comparePending()
    try await readLog()
    for token in tokens { try await compareCallbacks(of: token) }
  }

  // MARK: Deliveries

  private mutating func insert() async throws {
    note("insert")
    let delivery = makeDelivery()
    let insertion = try await store.insert(delivery)
    let known = delivery.idempotencyKey.flatMap { model.token(key: $0) }
    switch insertion {
    case .inserted(let row):
      if let known, let old = model.rows[known]?.delivery {
        try require(!model.isKept(old), "a key inserts nothing while its delivery is there")
        model.remove(known)
      }
      try require(row.delivery == delivery, "an insertion returns the delivery that was inserted")
      model.put(row.delivery, version: row.version)
      tokens.append(delivery.token)
      ids[delivery.token] = "ntf_\(count)"
      if let key = delivery.idempotencyKey { keys.append(key) }
    case .existing(let row):
      tally.repeated += 1
      try require(known == row.delivery.token, "an insertion returns the delivery of its key")
      try require(model.accepts(row), "an insertion returns the delivery of its key as it was stored")
    }
    if tokens.count > 60 { try await retire() }
    if keys.count > 200 { keys.removeFirst() }
  }

  /// Removes a delivery that isn't chosen anymore, so that even a long test keeps few of them.
  private mutating func retire() async throws {
    let token = tokens.removeFirst()
    if let row = try await loaded(token) { try await store.remove(token, version: row.version) }
    model.remove(token)
    (ids[token], stale[token]) = (nil, nil)
  }

  private mutating func replace() async throws {
    note("replace")
    guard let token = chooseToken(), let row = try await loaded(token) else { return }
    let changed = try change(row.delivery)
    guard let version = try await store.replace(changed, version: row.version) else {
      throw ConformanceFailure("a row whose version is unchanged is replaced")
    }
    try require(version != row.version, "a replaced row has a new version")
    tally.replaced += 1
    stale[token] = row.version
    // Anything that the row gained while it was replaced belongs to the version that is loaded next.
    try await replaced(changed, version)
  }

  private mutating func replaceConcurrently() async throws {
    note("replaceConcurrently")
    guard let token = chooseToken(), let row = try await loaded(token) else { return }
    let store = store
    let versions = try await conformance.concurrently(4) { number in
      var mine = row.delivery
      mine.label = "writer \(number)"
      return try await store.replace(mine, version: row.version).map { (mine, $0) }
    }
    let winners = versions.compactMap { $0 }
    try require(winners.count == 1, "of concurrent replacements of one version, exactly one wins")
    stale[token] = row.version
    if let (mine, version) = winners.first { try await replaced(mine, version) }
  }

  private mutating func replaced(_ delivery: StoredDelivery, _ version: Int64) async throws {
    guard let now = try await store.load(.token(delivery.token)) else {
      throw ConformanceFailure("a delivery that was replaced is there")
    }
    try require(now.version == version, "a replacement returns the version that is then loaded")
    model.put(delivery, version: version)
    var kept = delivery
    kept.milestones = now.delivery.milestones
    try require(now.delivery == kept, "a replaced row is returned as it was replaced")
    model.put(now.delivery, version: version)
  }

  private mutating func useOldVersion() async throws {
    note("useOldVersion")
    guard let token = chooseToken(), let version = stale[token], let row = try await loaded(token) else {
      return
    }
    tally.refused += 1
    if random.next() % 2 == 0 {
      try await store.remove(token, version: version)
    } else {
      let result = try await store.replace(change(row.delivery), version: version)
      try require(result == nil, "a row is never replaced by an old version")
    }
    try require(try await loaded(token) != nil, "a row is never removed by an old version")
  }

  private mutating func remove() async throws {
    note("remove")
    guard let token = chooseToken(), let row = try await loaded(token) else { return }
    try await store.remove(token, version: row.version)
    try require(try await store.load(.token(token)) == nil, "a removed delivery is gone")
    model.remove(token)
  }

  private mutating func load() async throws {
    note("load")
    guard let token = chooseToken(), let delivery = model.rows[token]?.delivery else {
      return try require(try await store.load(.token(makeToken())) == nil, "an unknown token finds nothing")
    }
    var lookups: [DeliveryLookup] = [.token(token)]
    if let key = delivery.idempotencyKey { lookups.append(.idempotencyKey(key)) }
    lookups += delivery.ids.map { .id($0, group: delivery.group) }
    for lookup in lookups {
      guard let row = try await store.load(lookup) else {
        throw ConformanceFailure("a delivery is found by its token, its key and its ids")
      }
      try require(row.delivery.token == token, "a lookup finds the delivery that was looked up")
      try require(model.accepts(row), "a delivery is loaded as it was stored, with its version")
    }
    if let id = delivery.ids.first {
      try require(
        try await store.load(.id(id, group: "\(delivery.group) of another")) == nil,
        "an id finds no delivery of another group"
      )
    }
  }

  private mutating func comparePending() async throws {
    note("pending")
    let limit = Int.random(in: 1...80, using: &random)
    let found = try await conformance.pending(in: store, limit: limit)
    try require(
      model.accepts(pending: found),
      "pending deliveries come oldest first, each once, and no others"
    )
  }

  /// Returns the current row of a delivery, or `nil` if it may be gone and is.
  mutating func loaded(_ token: DeliveryToken) async throws -> VersionedDelivery? {
    guard let delivery = model.rows[token]?.delivery else { return nil }
    guard let row = try await store.load(.token(token)) else {
      try require(
        !model.isKept(delivery),
        "a delivery stays until it is removed, or pruned after its retention"
      )
      model.remove(token)
      return nil
    }
    try require(model.accepts(row), "a delivery is loaded as it was stored, with its version")
    return row
  }

  mutating func openAgain() async throws {
    guard let reopen = conformance.reopen else { return }
    note("reopen")
    store = try await reopen(store)
    try await comparePending()
  }
}
