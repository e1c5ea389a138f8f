#if PostgresSupport
public import Smooven

public import struct Foundation.Date

extension PostgresDeliveryStore {
  /// The time for which a deduplication key is remembered, which is ``PostgresStoreConfiguration/retention``.
  public var deduplicationRetention: Duration { configuration.retention }

  /// Removes callbacks and concluded deliveries that were stored before a date.
  ///
  /// It works in small steps, each with its own commit, and cancelling stops it between two of them.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled. Some may already be removed.
  @discardableResult
  public func prune(before date: Date) async throws -> Int {
    let date = date.timeIntervalSinceReferenceDate
    let today = keeper.reached ?? date
    var total = 0
    while true {
      do {
        let removed = try await writer.run { [maintenance] connection, deadline in
          try maintenance.prune(before: date, today: today, connection, deadline)
        }
        total += removed
        if removed == 0 { return total }
      } catch let fault as PostgresFault {
        throw fault.error(place)
      }
      try Task.checkCancellation()
    }
  }

  /// Begins the clock of a new database, which the first replica that stores does, so that all replicas use the same
  /// one.
  func beginClock(at wall: Date) async throws {
    guard let text = keeper.beginning(at: wall) else { return }
    let sql = "UPDATE \(tables("state")) SET clock = coalesce(clock, $1) RETURNING clock"
    do {
      let stored = try await writer.run(isRepeatable: true) { connection, deadline in
        try connection.run(sql, [.text(text)], until: deadline).first?.text(0)
      }
      keeper.read(stored)
    } catch let fault as PostgresFault {
      throw fault.error(place)
    }
  }

  /// Returns the number of deliveries, callbacks and deduplication keys.
  ///
  /// Each process keeps its own counts, which may be off by a batch after a process was killed. An endpoint's keys with
  /// and without a signed time are limited separately, and the larger number is reported.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func usage() async throws -> DeliveryStoreUsage? {
    // Only signed keys leave a floor.
    let sql = """
      SELECT r.endpoint, max(t.count), max(r.floor), max(
        CASE r.kind WHEN 0 THEN (SELECT max(at) FROM \(tables("seen")) s WHERE s.ring = r.id) END)
      FROM \(tables("ring")) r JOIN LATERAL (
        SELECT coalesce(sum(count), 0)::int8 AS count FROM \(tables("tally")) WHERE ring = r.id) t ON true
      GROUP BY r.endpoint
      """
    let totals = RingStatements.count([RingStatements.events, RingStatements.deliveries], tables)
    let (rings, counts) = try await read { connection, deadline in
      (
        try connection.run(sql, until: deadline),
        try connection.run(totals.sql, totals.parameters, until: deadline)
      )
    }
    var keys: [String: DeliveryStoreUsage.Keys] = [:]
    for row in rings {
      guard let endpoint = row.text(0), let count = row.integer(1) else { continue }
      keys[endpoint] = DeliveryStoreUsage.Keys(
        count: Int(count),
        capacity: configuration.capacity,
        floor: row.real(2).map(Date.init(timeIntervalSinceReferenceDate:)),
        newest: row.real(3).map(Date.init(timeIntervalSinceReferenceDate:))
      )
    }
    let count = { (ring: Int64) in Int(counts.first { $0.integer(0) == ring }?.integer(1) ?? 0) }
    return DeliveryStoreUsage(
      deliveries: count(RingStatements.deliveries),
      callbacks: count(RingStatements.events),
      keys: keys
    )
  }
}
#endif
