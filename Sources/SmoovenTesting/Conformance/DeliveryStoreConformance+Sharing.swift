internal import Smooven
internal import SmoovenCallbacks

extension DeliveryStoreConformance {
  /// Checks the promises of a store that other processes use too.
  func checkSharing(_ openAnother: @escaping Opening) async throws {
    try await handlesSeeTheSame(openAnother)
    try await handlesDoNotRace(openAnother)
    try await changesAreReported(openAnother)
    try await changesBeforeFollowingAreReported(openAnother)
  }

  private func handlesSeeTheSame(_ openAnother: Opening) async throws {
    let first = try await make()
    let second = try await openAnother(first)
    let row = try await insert(delivery("key"), into: first)
    let token = row.delivery.token
    try require(
      try await second.load(.token(token))?.delivery == row.delivery,
      "what one handle stored, another loads"
    )
    var changed = row.delivery
    changed.ids = ["ntf_1"]
    let version = try await replace(changed, row.version, in: second)
    try require(
      try await first.replace(row.delivery, version: row.version) == nil,
      "a version that another handle replaced is old"
    )
    try require(
      try await first.load(.id("ntf_1", group: Self.group))?.version == version,
      "a delivery that another handle replaced is found by its new id"
    )
    _ = try await first.append([callback("1", token: token)])
    try require(
      try await second.append([callback("1", token: token), callback("2", token: token)]) == [
        .duplicate, .stored,
      ],
      "a callback that another handle stored is a duplicate"
    )
    let lookup = CallbackLookup(group: Self.group, token: token)
    let found = [
      try await callbacks(in: first, lookup, limit: 10), try await callbacks(in: second, lookup, limit: 10),
    ]
    try require(found[0].count == 2 && found[0] == found[1], "all handles read the same callbacks")
  }

  private func handlesDoNotRace(_ openAnother: Opening) async throws {
    let first = try await make()
    let handles = [first, try await openAnother(first)]
    let insertions = try await concurrently(12) { try await handles[$0 % 2].insert(delivery("key")) }
    try require(
      insertions.count { $0.isNew } == 1 && Set(insertions.map { $0.row.delivery.token }).count == 1,
      "of insertions of a key by several handles, exactly one inserts"
    )
    guard let row = try await first.load(.idempotencyKey("key")) else {
      throw ConformanceFailure("a delivery that was inserted is found by its key")
    }
    let versions = try await concurrently(12) { number in
      var mine = row.delivery
      mine.label = "\(number)"
      return try await handles[number % 2].replace(mine, version: row.version)
    }
    try require(
      versions.count { $0 != nil } == 1,
      "of replacements of one version by several handles, exactly one wins"
    )
    let results = try await concurrently(8) { number in
      var results: [AppendResult] = []
      for key in 0..<25 {
        let callback = callback("\((key + number * 3) % 25)", token: row.delivery.token)
        results += try await handles[number % 2].append([callback])
      }
      return results
    }
    try require(
      results.joined().count { $0 == .stored } == 25,
      "of duplicates that several handles append, exactly one is stored"
    )
  }

  private func changesAreReported(_ openAnother: Opening) async throws {
    let first = try await make()
    let second = try await openAnother(first)
    let row = try await insert(delivery("key"), into: first)
    let (reports, others) = (DeliveryStoreReports(), DeliveryStoreReports())
    try await withThrowingTaskGroup(of: Void.self) { group in
      // Both handles follow, as two clients do.
      group.addTask { try await first.follow(reports.interests) { reports.note($0) } }
      group.addTask { try await second.follow(others.interests) { others.note($0) } }
      defer { group.cancelAll() }
      try await check(reports, of: first, row, writing: second)
    }
  }

  /// Checks that what is stored after a key is watched is reported, even if nothing followed the store yet.
  private func changesBeforeFollowingAreReported(_ openAnother: Opening) async throws {
    let first = try await make()
    let second = try await openAnother(first)
    let row = try await insert(delivery("key"), into: first)
    let token = row.delivery.token
    let reports = DeliveryStoreReports()
    for lookup in [
      CallbackLookup(group: Self.group, token: token), CallbackLookup(group: Self.group, ids: ["ntf_1"]),
    ] {
      reports.want(lookup)
      try await first.watch(lookup)
    }
    _ = try await second.append([callback("token", token: token), callback("id", ids: ["ntf_1"])])
    var changed = row.delivery
    changed.label = "changed"
    _ = try await replace(changed, row.version, in: second)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await first.follow(reports.interests) { reports.note($0) } }
      defer { group.cancelAll() }
      try await promptly("what is stored after a key is watched is reported, also if it is followed later") {
        try await reports.key("token")
        try await reports.key("id")
        try await reports.token(token)
      }
    }
  }

  private func check(
    _ reports: DeliveryStoreReports,
    of first: any DeliveryStore,
    _ row: VersionedDelivery,
    writing second: any DeliveryStore
  ) async throws {
    let token = row.delivery.token
    let byToken = CallbackLookup(group: Self.group, token: token)
    reports.want(byToken)
    try await first.watch(byToken)
    // Repeated until a first report shows that the store is being followed.
    try await promptly("a callback that another handle stored for a delivery that is waited for is reported")
    {
      var number = 0
      while !reports.hasAny {
        number += 1
        _ = try await second.append([callback("first \(number)", token: token)])
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    _ = try await second.append([callback("token", token: token)])
    try await promptly("a callback with the token of a wait is reported") { try await reports.key("token") }
    let byID = CallbackLookup(group: Self.group, ids: ["ntf_1"])
    reports.want(byID)
    try await first.watch(byID)
    _ = try await second.append([callback("id", ids: ["ntf_1"])])
    try await promptly("a callback with an id is reported from the moment on at which the id is watched") {
      try await reports.key("id")
    }
    var changed = row.delivery
    changed.label = "changed"
    _ = try await replace(changed, row.version, in: second)
    try await promptly("a delivery that another handle replaced is reported") {
      try await reports.token(token)
    }
    _ = try await concurrently(10) { writer in
      for number in 0..<10 { _ = try await second.append([callback("\(writer) \(number)", token: token)]) }
    }
    try await promptly("every callback that another handle stores is reported") {
      for number in 0..<100 { try await reports.key("\(number / 10) \(number % 10)") }
    }
  }
}
