#if PostgresSupport
internal import Logging
internal import Smooven
internal import SmoovenSupport
internal import Synchronization

extension ReplicaHub {
  /// The result of one poll.
  private struct Found: Sendable {
    var positions: Set<Int64> = []
    var changes: Set<PollChange> = []
    var frontier: Int64 = 0
    var isHeldBack = false
    var isRegistered = false
  }

  private static let sweepInterval: Duration = .seconds(10)
  /// The maximum number of places to remember while an open transaction holds the frontier back.
  private static let reportedLimit = 200_000

  /// Registers, polls and renews the lease, until closed.
  func run(_ write: @Sendable (WriteOperation) async throws -> WriteResult) async {
    let ticking = Task { [work, configuration] in
      while !Task.isCancelled {
        try? await Task.sleep(for: configuration.pollInterval)
        work.update { work in
          work.polls = true
          work.logChanges &+= 1
        }
      }
    }
    defer { ticking.cancel() }
    var poll = PollProgress()
    while !Task.isCancelled {
      let now = try? await work.first { work in work.polls || work.registers || work.isClosed ? work : nil }
      guard let now, !now.isClosed else { return }
      work.update { work in
        work.polls = false
        work.registers = false
      }
      do {
        if now.registers || poll.frontier == nil { try await register(&poll, write) }
        try await look(&poll)
        try await keepLease(&poll)
        try await sweep(write)
      } catch {
        // All of it is repeated, because it isn't known what was missed in the meantime.
        work.update { $0.registers = true }
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  /// The progress of polling.
  struct PollProgress: Sendable {
    var frontier: Int64?
    var frontierMovedAt = ContinuousClock.now
    var leasedAt: ContinuousClock.Instant?
  }

  /// Writes this replica and all of its interests, and then has everything read once.
  func register(
    _ poll: inout PollProgress,
    _ write: @Sendable (WriteOperation) async throws -> WriteResult
  ) async throws {
    let keys = state.withLock { state in
      state.interests.lose()
      return state.interests.keys
    }
    for start in stride(from: 0, to: max(keys.count, 1), by: 5_000) {
      let some = Array(keys[start..<min(start + 5_000, keys.count)])
      _ = try await write(.watch(some))
      state.withLock { $0.interests.commit(some) }
    }
    // After a failover, the numbers of transactions may be lower than before.
    poll.frontier = try await reader.run(isRepeatable: true) { [tables] connection, deadline in
      try connection.run("SELECT \(tables.frontier)", until: deadline).first?.integer(0)
    }
    poll.frontierMovedAt = .now
    state.withLock { state in
      state.reported = []
      state.reportedChanges = []
    }
    tell(ReplicaNews(isEverything: true))
    work.update { $0.logChanges &+= 1 }
  }

  /// Reads what is new and of interest.
  func look(_ poll: inout PollProgress) async throws {
    guard let frontier = poll.frontier else { return }
    let found = try await read(after: frontier)
    guard found.isRegistered else {
      telemetry.countLostLease()
      configuration.logger?.notice("this replica was silent for too long, and registers again")
      return work.update { $0.registers = true }
    }
    let news = state.withLock { state in
      var news = ReplicaNews()
      news.positions = found.positions.subtracting(state.reported)
      let changes = found.changes.subtracting(state.reportedChanges)
      for change in changes.sorted(by: { $0.place < $1.place }) { news.add(change.token) }
      state.reported.formUnion(found.positions)
      state.reportedChanges.formUnion(changes)
      state.forgetReported(before: found.frontier, limit: Self.reportedLimit)
      return news
    }
    if found.frontier > frontier || !found.isHeldBack { poll.frontierMovedAt = .now }
    poll.frontier = max(frontier, found.frontier)
    telemetry.recordFrontierAge((ContinuousClock.now - poll.frontierMovedAt).inSeconds)
    tell(news)
  }

  private func read(after frontier: Int64) async throws -> Found {
    let me = PostgresValue.uuid(replica.bytes)
    // A single statement, so that all of it is seen at the same moment.
    let sql = """
      SELECT 0::int8, position, NULL::bytea FROM \(tables("event")) e WHERE position >= $2
        AND EXISTS (SELECT FROM \(tables("interest")) i WHERE i.replica = $1 AND i.key = ANY (e.keys))
      UNION ALL SELECT 1::int8, d.changed, d.token FROM \(tables("delivery")) d
        JOIN \(tables("interest")) i ON i.key = d.token_key AND i.replica = $1 WHERE d.changed >= $2
      UNION ALL SELECT 1::int8, r.changed, r.token FROM \(tables("removal")) r
        JOIN \(tables("interest")) i ON i.key = r.token_key AND i.replica = $1 WHERE r.changed >= $2
      UNION ALL SELECT 2::int8, \(tables.frontier), NULL
      UNION ALL SELECT 3::int8, count(*), NULL FROM \(tables("replica")) WHERE id = $1
      UNION ALL SELECT 4::int8, pg_snapshot_xmax(pg_current_snapshot())::text::int8
        - pg_snapshot_xmin(pg_current_snapshot())::text::int8, NULL
      """
    let rows = try await reader.run(isRepeatable: true) { connection, deadline in
      try connection.run(sql, [me, .integer(frontier)], until: deadline)
    }
    var found = Found()
    for row in rows {
      guard let kind = row.integer(0), let number = row.integer(1) else { continue }
      switch kind {
      case 0: found.positions.insert(number)
      case 1:
        if let token = row.data(2).flatMap(DeliveryToken.init(bytes:)) {
          found.changes.insert(PollChange(token: token, place: number))
        }
      case 2: found.frontier = number
      case 3: found.isRegistered = number > 0
      default: found.isHeldBack = number > 0
      }
    }
    return found
  }

  // MARK: The lease

  /// Renews the lease of this replica, and removes replicas whose lease has ended.
  private func keepLease(_ poll: inout PollProgress) async throws {
    let now = ContinuousClock.now
    guard poll.leasedAt.map({ now - $0 >= configuration.replicaTimeout / 4 }) ?? true else { return }
    let timeout = PostgresValue.real(configuration.replicaTimeout.inSeconds)
    let statements = [
      Statement(
        "UPDATE \(tables("replica")) SET seen_at = clock_timestamp() WHERE id = $1",
        [.uuid(replica.bytes)]
      ),
      Statement(
        """
        WITH dead AS (
          SELECT id FROM \(tables("replica")) WHERE seen_at < clock_timestamp() - make_interval(secs => $1)
          LIMIT 20 FOR UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM \(tables("replica")) r USING dead WHERE r.id = dead.id RETURNING r.id
        ), counts AS (
          DELETE FROM \(tables("tally")) t USING gone WHERE t.replica = gone.id RETURNING t.ring, t.count
        )
        \(RingStatements.tally("SELECT ring, sum(count)::int8 FROM counts GROUP BY ring", of: "$2", tables))
        """,
        [timeout, .uuid(ReplicaID.none.bytes)]
      ),
    ]
    let isKnown = try await reader.run(isRepeatable: true) { connection, deadline in
      // Sent separately, because the second statement may wait for a lock.
      let first = try connection.run(statements[0].sql, statements[0].parameters, until: deadline)
      _ = try connection.run(statements[1].sql, statements[1].parameters, until: deadline)
      return first.changedCount == 1
    }
    poll.leasedAt = now
    if !isKnown { work.update { $0.registers = true } }
  }

  /// Removes the interests that no wait has anymore.
  private func sweep(_ write: @Sendable (WriteOperation) async throws -> WriteResult) async throws {
    let moment = ContinuousClock.now
    let followers = state.withLock { state -> [Follower] in
      guard moment - state.sweptAt >= Self.sweepInterval, !state.followers.isEmpty else { return [] }
      state.sweptAt = moment
      return Array(state.followers.values)
    }
    guard !followers.isEmpty else { return }
    var needed: Set<Int64> = []
    for follower in followers {
      for lookup in follower.interests.lookups() { needed.formUnion(LookupKey.keys(lookup)) }
    }
    let old = state.withLock { state in
      if state.logWaiters > 0 { needed.insert(ReplicaInterests.logKey) }
      return state.interests.forget(except: needed, watchedBefore: moment)
    }
    if !old.isEmpty { _ = try await write(.unwatch(old)) }
  }
}

extension ReplicaHub.State {
  fileprivate mutating func forgetReported(before frontier: Int64, limit: Int) {
    reported = reported.filter { $0 >= frontier }
    reportedChanges = reportedChanges.filter { $0.place >= frontier }
    if reported.count > limit { reported = [] }
    if reportedChanges.count > limit { reportedChanges = [] }
  }
}
#endif
