internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryStoreConformance {
  func lookupsFindTheirDelivery() async throws {
    let store = try await make()
    let first = delivery("first", ids: ["ntf_1"])
    let row = try await insert(first, into: store)
    for lookup in [
      DeliveryLookup.token(first.token), .idempotencyKey("first"), .id("ntf_1", group: Self.group),
    ] {
      try require(
        try await store.load(lookup)?.delivery == first,
        "a delivery is found by its token, its key and its id"
      )
    }
    for lookup in [
      DeliveryLookup.token(DeliveryToken()), .idempotencyKey("FIRST"), .idempotencyKey(""),
      .id("ntf_", group: Self.group), .id("ntf_10", group: Self.group), .id("first", group: Self.group),
    ] {
      try require(try await store.load(lookup) == nil, "an unknown token, key or id finds nothing")
    }
    try require(
      try await store.load(.id("ntf_1", group: "other")) == nil,
      "an id finds no delivery of another group"
    )
    var accepted = first
    accepted.ids.append("ntf_2")
    let version = try await replace(accepted, row.version, in: store)
    for id in ["ntf_1", "ntf_2"] {
      try require(
        try await store.load(.id(id, group: Self.group))?.delivery == accepted,
        "a delivery is found by every id under which it was accepted"
      )
    }
    // From other groups, before and after, so that the latest of all isn't the latest of the group.
    _ = try await insert(delivery(after: 1, group: "other", ids: ["ntf_2"]), into: store)
    let second = delivery(after: 2, ids: ["ntf_2"])
    _ = try await insert(second, into: store)
    _ = try await insert(delivery(after: 3, group: "another", ids: ["ntf_2"]), into: store)
    try require(
      try await store.load(.id("ntf_2", group: Self.group))?.delivery == second,
      "if several deliveries have an id, the latest is found"
    )
    // Inserted later and accepted later, but opened earlier.
    let early = delivery(after: 1.5)
    let earlyRow = try await insert(early, into: store)
    var earlyAccepted = early
    earlyAccepted.ids = ["ntf_2"]
    _ = try await replace(earlyAccepted, earlyRow.version, in: store)
    try require(
      try await store.load(.id("ntf_2", group: Self.group))?.delivery == second,
      "the latest of several deliveries with an id is the one that was opened last"
    )
    try await store.remove(first.token, version: version)
    try require(
      try await store.load(.id("ntf_1", group: Self.group)) == nil,
      "a removed delivery isn't found by id"
    )
    try require(
      try await store.load(.id("ntf_2", group: Self.group))?.delivery == second,
      "removing a delivery doesn't hide another with the same id"
    )
  }

  func pendingComesInPages() async throws {
    let store = try await make()
    // Some are opened at the same time, and some so close together that only the full precision of the double
    // distinguishes them.
    let next = Date(timeIntervalSinceReferenceDate: time(3).timeIntervalSinceReferenceDate.nextUp)
    let dates = [
      time(0), time(1), time(1), time(1), time(1.000_001), time(2), time(3), next, time(4), time(5),
    ]
    var rows: [VersionedDelivery] = []
    for (number, date) in dates.enumerated() {
      let delivery = StoredDelivery(
        token: DeliveryToken(),
        idempotencyKey: number % 2 == 0 ? "key \(number)" : nil,
        group: number % 3 == 0 ? "other" : Self.group,
        openedAt: date
      )
      rows.append(try await insert(delivery, into: store))
    }
    var expected = rows.map(\.delivery).sorted { PendingCursor($0) < PendingCursor($1) }
    for limit in [1, 3, 10, 100] {
      try require(
        try await pending(in: store, limit: limit).map(\.delivery) == expected,
        "pending deliveries come oldest first, each once, in pages of at most the limit"
      )
    }
    let versions = Dictionary(uniqueKeysWithValues: rows.map { ($0.delivery.token, $0.version) })
    try require(
      try await pending(in: store, limit: 4).allSatisfy { $0.version == versions[$0.delivery.token] },
      "pending deliveries come with their versions"
    )
    var concluded = expected[4]
    concluded.verdict = .delivered(event("1", .delivered, ids: []))
    _ = try await replace(concluded, versions[concluded.token] ?? 0, in: store)
    expected.remove(at: 4)
    try require(
      try await pending(in: store, limit: 2).map(\.delivery) == expected,
      "a delivery with a verdict isn't pending"
    )
    try require(
      try await store.pending(after: PendingCursor(concluded), limit: 100).map(\.delivery)
        == expected.filter { PendingCursor(concluded) < PendingCursor($0) },
      "a page begins after its cursor, even if that delivery isn't pending anymore"
    )
  }

  /// Returns every pending delivery, reading page by page.
  func pending(in store: any DeliveryStore, limit: Int) async throws -> [VersionedDelivery] {
    var all: [VersionedDelivery] = []
    while true {
      let cursor = all.last.map { PendingCursor($0.delivery) }
      let page = try await store.pending(after: cursor, limit: limit)
      try require(page.count <= limit, "a page of pending deliveries holds at most as many as were asked for")
      if page.isEmpty { return all }
      if let cursor {
        try require(
          page.allSatisfy { cursor < PendingCursor($0.delivery) },
          "a page of pending deliveries begins after its cursor"
        )
      }
      all += page
    }
  }
}
