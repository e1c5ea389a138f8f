#if PostgresSupport
internal import Smooven

/// The removal of everything past its retention, on one replica at a time.
///
/// What locks rows and what needs the lock of the keys are separate transactions. Writers hold that lock before they lock
/// rows, so neither waits for the other.
struct StoreMaintenance: Sendable {
  /// The maximum number of rows of a table that one step removes.
  static let stepSize = 1_000
  /// The time to wait for the appends of all replicas to end, which wait for this one as long.
  private static let keysPatience: Duration = .milliseconds(200)

  let tables: PostgresTables
  let replica: ReplicaID
  let keeper: RetentionKeeper

  /// The progress of a step: whether there is more to do, and the last ring that was looked at.
  typealias Progress = (isBehind: Bool, ring: Int64?)

  /// Performs one step, if a minute has passed or there is more to do.
  ///
  /// A step that fails is retried after a minute.
  func step(_ writer: PostgresConnection) async {
    guard keeper.beginStep() else { return }
    let rest = try? await writer.run { connection, deadline in try step(connection, deadline) }
    keeper.endStep(isBehind: rest?.isBehind ?? false, ring: rest?.ring)
  }

  private func step(
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> Progress {
    let isMine: Void? = try alone(connection, deadline) { transaction throws(PostgresFault) in
      let clock = try transaction.run("SELECT clock FROM \(tables("state"))").first?.text(0)
      guard let news = keeper.read(clock) else { return }
      _ = try transaction.run("UPDATE \(tables("state")) SET clock = $1", [.text(news)])
    }
    guard isMine != nil, let (horizons, ring) = keeper.nextStep() else { return (false, nil) }
    let deliveries = try alone(connection, deadline) { transaction throws(PostgresFault) in
      try forgetDeliveries(
        before: horizons.deliveries,
        today: horizons.today,
        keepsPending: false,
        transaction
      )
    }
    let events = try alone(connection, deadline) { transaction throws(PostgresFault) in
      try removeEvents(
        receivedBefore: horizons.callbacks,
        keptBefore: horizons.callbacks,
        transaction
      )
    }
    let removals = try alone(connection, deadline) { transaction throws(PostgresFault) in
      try transaction.run(forgettingRemovals.sql, forgettingRemovals.parameters).changedCount
    }
    let isBehind = max(deliveries ?? 0, events ?? 0, removals ?? 0) == Self.stepSize
    let keys = try forgetKeys(after: ring, horizons, connection, deadline)
    return (isBehind || keys.isBehind, keys.ring)
  }

  /// Runs a transaction, unless another replica forgets something now; returns `nil` then.
  private func alone<Result>(
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant,
    lockTimeout: Duration = .seconds(2),
    _ body: (LibPQTransaction) throws(PostgresFault) -> Result
  ) throws(PostgresFault) -> Result? {
    try LibPQTransaction.perform(on: connection, until: deadline, lockTimeout: lockTimeout) {
      transaction throws(PostgresFault) in
      let lock = try transaction.run(
        "SELECT pg_try_advisory_xact_lock($1)",
        [.integer(tables.maintenanceLock)]
      )
      return lock.first?.bool(0) == true ? try body(transaction) : nil
    }
  }

  private func forgetDeliveries(
    before date: Double,
    today: Double,
    keepsPending: Bool,
    _ transaction: LibPQTransaction
  ) throws(PostgresFault) -> Int {
    let statement = DeliveryStatements(tables: tables, replica: replica)
      .forget(before: date, today: today, keepsPending: keepsPending, limit: Self.stepSize)
    return Int(try transaction.run(statement.sql, statement.parameters).first?.integer(0) ?? 0)
  }

  /// Returns the statement that forgets that deliveries were removed, once no replica can still have to learn it.
  var forgettingRemovals: Statement {
    Statement(
      """
      WITH old AS (
        SELECT changed, token FROM \(tables("removal")) WHERE removed_at < now() - interval '1 hour'
        ORDER BY removed_at LIMIT $1
      )
      DELETE FROM \(tables("removal")) r USING old WHERE (r.changed, r.token) = (old.changed, old.token)
      """,
      [.integer(Int64(Self.stepSize))]
    )
  }

  /// Removes the keys of some rings that were signed or arrived before the horizon, or that have expired.
  ///
  /// Appends wait for it, so it gives up early and is tried again.
  private func forgetKeys(
    after ring: Int64,
    _ horizons: SharedRetentionClock.Horizons,
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> Progress {
    do throws(PostgresFault) {
      let progress = try alone(connection, deadline, lockTimeout: Self.keysPatience) {
        transaction throws(PostgresFault) in
        try forgetKeys(after: ring, horizons, transaction)
      }
      return progress ?? (false, nil)
    } catch  where error.mayPass {
      return (true, ring)
    }
  }

  private func forgetKeys(
    after ring: Int64,
    _ horizons: SharedRetentionClock.Horizons,
    _ transaction: LibPQTransaction
  ) throws(PostgresFault) -> Progress {
    let rings = try transaction.run(
      "SELECT id FROM \(tables("ring")) WHERE id > $1 ORDER BY id LIMIT $2",
      [.integer(ring), .integer(Int64(Self.stepSize))]
    ).compactMap { $0.integer(0) }
    guard let last = rings.last else { return (false, nil) }
    let keys = RingStatements.forget(
      rings,
      before: horizons.callbacks,
      expiredBefore: horizons.today,
      limit: Self.stepSize,
      of: replica,
      tables
    )
    _ = try transaction.run("SELECT pg_advisory_xact_lock($1)", [.integer(tables.keysLock)])
    let count = try transaction.run(keys.sql, keys.parameters).first?.integer(0) ?? 0
    // An expected callback has an endpoint that is used only once.
    _ = try transaction.run(
      """
      WITH gone AS (
        DELETE FROM \(tables("ring")) r WHERE id = ANY ($1) AND coalesce(floor, '-infinity') < $2
          AND NOT EXISTS (SELECT FROM \(tables("seen")) s WHERE s.ring = r.id) RETURNING id
      )
      DELETE FROM \(tables("tally")) t USING gone WHERE t.ring = gone.id
      """,
      [.integers(rings), .real(horizons.callbacks)]
    )
    // The same rings again, if there may be more in them.
    if count == Self.stepSize { return (true, ring) }
    return rings.count < Self.stepSize ? (false, nil) : (true, last)
  }

  /// Removes callbacks and concluded deliveries that were stored before a date, at most one step of each.
  func prune(
    before date: Double,
    today: Double,
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> Int {
    let deliveries = try LibPQTransaction.perform(on: connection, until: deadline) {
      transaction throws(PostgresFault) in
      try forgetDeliveries(before: date, today: today, keepsPending: true, transaction)
    }
    let events = try LibPQTransaction.perform(on: connection, until: deadline) {
      transaction throws(PostgresFault) in
      try removeEvents(receivedBefore: date, keptBefore: .infinity, transaction)
    }
    return deliveries + events
  }
}
#endif
