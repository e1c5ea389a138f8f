#if SQLiteSupport
internal import GRDB
public import Smooven

public import struct Foundation.Date

extension SQLiteDeliveryStore {
  /// The time for which a deduplication key is remembered, which is ``SQLiteStoreConfiguration/retention``.
  public var deduplicationRetention: Duration { configuration.retention }

  /// Removes callbacks and concluded deliveries that were stored before a date.
  ///
  /// It works in small steps, each with its own commit, and cancelling stops it between two of them.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled. Some may already be removed.
  @discardableResult
  public func prune(before date: Date) async throws -> Int {
    let date = date.timeIntervalSinceReferenceDate
    let today = maintenance.reached ?? date
    var total = 0
    while true {
      let removed = try await writes.perform { transaction in
        let limit = StoreMaintenance.stepSize
        let deliveries = try transaction.removeDeliveries(
          before: date,
          today: today,
          keepsPending: true,
          limit: limit
        )
        let events = try transaction.removeEvents(receivedBefore: date, keptBefore: .infinity, limit: limit)
        return deliveries + events
      }
      total += removed
      if removed == 0 { return total }
      try Task.checkCancellation()
    }
  }

  /// Returns the number of deliveries, callbacks and deduplication keys.
  ///
  /// An endpoint's keys with and without a signed time are limited separately, and the larger number is reported.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  public func usage() async throws -> DeliveryStoreUsage? {
    try await read { [configuration] db in
      let state = try db.row("SELECT deliveries, events FROM state")
      var keys: [String: DeliveryStoreUsage.Keys] = [:]
      // Only signed keys leave a floor.
      let rows = try db.rows(
        """
        SELECT endpoint, max(count), max(floor), max(
          CASE kind WHEN \(KeyRings.Kind.signed.rawValue) THEN (SELECT max(at) FROM seen WHERE seen.ring = ring.id) END
        ) FROM ring GROUP BY endpoint
        """
      )
      for row in rows {
        guard let endpoint = row.bytes(0), let count = row.integer(1) else { continue }
        keys[String(decoding: endpoint, as: UTF8.self)] = DeliveryStoreUsage.Keys(
          count: Int(count),
          capacity: configuration.capacity,
          floor: row.real(2).map(Date.init(timeIntervalSinceReferenceDate:)),
          newest: row.real(3).map(Date.init(timeIntervalSinceReferenceDate:))
        )
      }
      return DeliveryStoreUsage(
        deliveries: Int(state?.integer(0) ?? 0),
        callbacks: Int(state?.integer(1) ?? 0),
        keys: keys
      )
    }
  }
}
#endif
