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
    var snapshot: PollSnapshot?
    var isRegistered = false
  }

  /// The progress of polling.
  struct PollProgress: Sendable {
    /// The view of the last poll, or `nil` before the first.
    var seen: PollSnapshot?
    /// The number of connections before what it saw.
    var connectCount = 0
    var frontierMovedAt = ContinuousClock.now
    var polledAt: ContinuousClock.Instant?
    var leasedAt: ContinuousClock.Instant?
  }

  /// The time between two looks at what is due.
  private var tick: Duration { min(configuration.pollInterval, leaseInterval) }

  /// Whether something is due that was done at a moment.
  ///
  /// A little early, or it would wait for another tick.
  func isDue(_ last: ContinuousClock.Instant?, every interval: Duration) -> Bool {
    last.map { ContinuousClock.now - $0 >= interval - tick / 2 } ?? true
  }

  /// Registers, polls and renews the lease, until closed.
  func run(_ write: @Sendable (WriteOperation) async throws -> WriteResult) async {
    let ticking = Task { [work, tick] in
      while !Task.isCancelled {
        try? await Task.sleep(for: tick)
        work.update { $0.ticks = true }
      }
    }
    defer { ticking.cancel() }
    var poll = PollProgress()
    while !Task.isCancelled {
      guard (try? await work.first { $0.isWanted ? () : nil }) != nil else { return }
      let now = work.update { $0.take() }
      if now.isClosed { return }
      do {
        if now.registers || poll.seen == nil { try await register(&poll, write) }
        if isDue(poll.polledAt, every: configuration.pollInterval) {
          poll.polledAt = .now
          try await look(&poll)
          work.update { $0.logChanges &+= 1 }
        }
        try await keepLease(&poll)
        try await sweep(write)
        noteRecovery(of: .polling)
      } catch {
        noteFault(error, of: .polling)
        // All of it is repeated, because it isn't known what was missed in the meantime.
        work.update { $0.registers = true }
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  /// Writes this replica and all of its interests, and then has everything read once.
  func register(
    _ poll: inout PollProgress,
    _ write: @Sendable (WriteOperation) async throws -> WriteResult
  ) async throws {
    // Before anything is written: if the server is replaced in between, the next poll sees another one.
    let snapshot = try await readSnapshot()
    if let seen = poll.seen, !snapshot.follows(seen) {
      // A pooler keeps the connections of writers, which check this when they connect.
      try await reader.run { [tables] connection, deadline in
        try PlaceBase(tables: tables).check(connection, until: deadline)
      }
    }
    poll.connectCount = reader.connectCount
    let keys = state.withLock { state in
      state.interests.lose()
      return state.interests.keys
    }
    for start in stride(from: 0, to: max(keys.count, 1), by: 5_000) {
      let some = Array(keys[start..<min(start + 5_000, keys.count)])
      _ = try await write(.watch(some))
      state.withLock { $0.interests.commit(some) }
    }
    poll.seen = snapshot
    poll.frontierMovedAt = .now
    state.withLock { state in
      state.reported = ReportedPlaces()
      state.reportedChanges = ReportedPlaces()
    }
    tell(ReplicaNews(isEverything: true))
    work.update { $0.logChanges &+= 1 }
  }

  private func readSnapshot() async throws -> PollSnapshot {
    let sql = "SELECT \(PollSnapshot.columns(tables))"
    let row = try await reader.run(isRepeatable: true) { connection, deadline in
      try connection.run(sql, until: deadline).first
    }
    guard let snapshot = PollSnapshot(row?.text(0), base: row?.integer(1), server: row?.real(2)) else {
      throw PostgresFault(.statement, message: "what the server's transactions are can't be read")
    }
    return snapshot
  }

  /// Reads what is new and of interest.
  func look(_ poll: inout PollProgress) async throws {
    guard let seen = poll.seen else { return }
    let found = try await read(after: seen)
    guard found.isRegistered else {
      telemetry.countLostLease()
      configuration.logger?.notice("this replica was silent for too long, and registers again")
      return work.update { $0.registers = true }
    }
    // A server that crashed, or another one that took over, may lack what was committed last, interests too.
    guard let snapshot = found.snapshot, snapshot.follows(seen), poll.connectCount == reader.connectCount
    else {
      return work.update { $0.registers = true }
    }
    let news = state.withLock { state in
      var news = ReplicaNews()
      news.positions = found.positions.filter { state.reported.insert($0) }
      news.polled = news.positions
      let changes = found.changes.filter { state.reportedChanges.insert($0) }
      for change in changes.sorted(by: { $0.place < $1.place }) { news.add(change.token) }
      state.reported.endPoll()
      state.reportedChanges.endPoll()
      return news
    }
    if snapshot.first > seen.first || snapshot.running.isEmpty { poll.frontierMovedAt = .now }
    poll.seen = snapshot
    telemetry.recordFrontierAge((ContinuousClock.now - poll.frontierMovedAt).inSeconds)
    tell(news)
  }

  /// Reads what transactions wrote that have ended since a snapshot.
  private func read(after seen: PollSnapshot) async throws -> Found {
    // A single statement, so that all of it is seen at the same moment.
    let sql = """
      WITH range AS MATERIALIZED (
        SELECT (s.base + x) << 20 AS first, (s.base + x + 1) << 20 AS past
        FROM \(tables("state")) s CROSS JOIN unnest($2::int8[]) AS x
        UNION ALL SELECT (s.base + $3) << 20, \(Int64.max) FROM \(tables("state")) s
      )
      SELECT 0::int8, e.position, NULL::bytea, NULL::text, NULL::int8, NULL::float8
        FROM range JOIN \(tables("event")) e ON e.position >= first AND e.position < past
        WHERE EXISTS (SELECT FROM \(tables("interest")) i WHERE i.replica = $1 AND i.key = ANY (e.keys))
      UNION ALL SELECT 1, d.changed, d.token, NULL, NULL, NULL
        FROM range JOIN \(tables("delivery")) d ON d.changed >= first AND d.changed < past
        JOIN \(tables("interest")) i ON i.key = d.token_key AND i.replica = $1
      UNION ALL SELECT 1, r.changed, r.token, NULL, NULL, NULL
        FROM range JOIN \(tables("removal")) r ON r.changed >= first AND r.changed < past
        JOIN \(tables("interest")) i ON i.key = r.token_key AND i.replica = $1
      UNION ALL SELECT 2, (SELECT count(*) FROM \(tables("replica")) WHERE id = $1), NULL,
        \(PollSnapshot.columns(tables))
      """
    let parameters: [PostgresValue] = [
      .uuid(replica.bytes), .integers(seen.running), .integer(seen.next),
    ]
    let rows = try await reader.run(isRepeatable: true) { connection, deadline in
      // A transaction's settings make it use the indexes.
      try LibPQTransaction.perform(on: connection, until: deadline) { transaction throws(PostgresFault) in
        try transaction.run(sql, parameters)
      }
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
      default:
        found.isRegistered = number > 0
        found.snapshot = PollSnapshot(row.text(3), base: row.integer(4), server: row.real(5))
      }
    }
    return found
  }
}
#endif
