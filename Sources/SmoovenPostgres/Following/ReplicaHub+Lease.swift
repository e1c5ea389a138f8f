#if PostgresSupport
internal import Smooven
internal import SmoovenSupport
internal import Synchronization

extension ReplicaHub {
  static let sweepInterval: Duration = .seconds(10)

  /// The time between two signs of life.
  var leaseInterval: Duration { configuration.replicaTimeout / 4 }

  /// Renews the lease of this replica, removes replicas whose lease has ended, and reports whether they left deliveries.
  func keepLease(_ poll: inout PollProgress) async throws {
    guard isDue(poll.leasedAt, every: leaseInterval) else { return }
    let timeout = configuration.replicaTimeout.inSeconds
    let sign = Statement(
      "UPDATE \(tables("replica")) SET seen_at = clock_timestamp() WHERE id = $1",
      [.uuid(replica.bytes)]
    )
    let burial = Statement(
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
      [.real(timeout), .uuid(ReplicaID.none.bytes)]
    )
    let orphans = OrphanStatements(tables: tables, replica: replica, timeout: timeout).exist
    let (isKnown, hasOrphans) = try await reader.run(isRepeatable: true) { connection, deadline in
      // Sent separately, because the second statement may wait for a lock.
      let first = try connection.run(sign.sql, sign.parameters, until: deadline)
      _ = try connection.run(burial.sql, burial.parameters, until: deadline)
      let found = try connection.run(orphans.sql, orphans.parameters, until: deadline)
      return (first.changedCount == 1, !found.isEmpty)
    }
    poll.leasedAt = .now
    if !isKnown { work.update { $0.registers = true } }
    if hasOrphans { tell(ReplicaNews(hasOrphans: true)) }
  }

  /// Removes the interests that no wait has anymore.
  func sweep(_ write: @Sendable (WriteOperation) async throws -> WriteResult) async throws {
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
    guard !old.isEmpty else { return }
    _ = try await write(.unwatch(old))
    // The row of one that was watched again in the meantime may have been written before, and be gone now.
    if state.withLock({ $0.interests.contains(any: old) }) { work.update { $0.registers = true } }
  }
}
#endif
