#if PostgresSupport
internal import Logging
public import Smooven

extension PostgresDeliveryStore {
  /// Takes over pending deliveries whose replica is dead, oldest first, and those that a replica only looks after.
  ///
  /// A delivery belongs to the replica that opened it or last claimed it. If that replica is closed, or was silent for
  /// ``PostgresStoreConfiguration/replicaTimeout``, each of its deliveries is returned to exactly one of the replicas
  /// that call this, to which the delivery then belongs. If that replica dies too, the delivery is returned to the next
  /// one. A row that can't be read is logged and kept, and doesn't stop the others.
  ///
  /// - Parameter limit: The maximum number of deliveries to take over.
  /// - Returns: The deliveries that are now this replica's, or none if there are no more.
  /// - Throws: `DeliveryStoreError`. Some may have been taken over, and are returned again if this process ends.
  public func takeOver(limit: Int) async throws -> [VersionedDelivery] {
    try await takeOrphans(limit: limit, isAdoption: false)
  }

  /// Looks after pending deliveries whose replica is dead, oldest first, until ``takeOver(limit:)`` is called for them by
  /// any replica.
  ///
  /// A row that can't be read is logged and kept, and doesn't stop the others.
  ///
  /// - Parameter limit: The maximum number of deliveries to look after.
  /// - Returns: The deliveries that this replica now looks after; none if there are no more.
  /// - Throws: `DeliveryStoreError`. Some may be looked after by this replica.
  public func adopt(limit: Int) async throws -> [VersionedDelivery]? {
    try await takeOrphans(limit: limit, isAdoption: true)
  }

  private func takeOrphans(limit: Int, isAdoption: Bool) async throws -> [VersionedDelivery] {
    // If this replica was taken for dead, it registers first, and writes its interests again.
    _ = try await writes.perform(.watch([]))
    let statement = orphans.take(limit: limit, isAdoption: isAdoption)
    while true {
      let rows: PostgresRows
      do {
        rows = try await writer.run { connection, deadline in
          try connection.run(statement.sql, statement.parameters, until: deadline)
        }
      } catch let fault as PostgresFault {
        throw fault.error(place)
      }
      // They already belong to this replica, so the readable ones must not be lost with the others.
      let found = rows.compactMap { try? delivery($0) }
      if found.count < rows.count {
        configuration.logger?.error(
          "pending deliveries of a replica that is gone can't be read, so only their rows are kept",
          metadata: ["count": "\(rows.count - found.count)"]
        )
      }
      // If none of them could be read, there may be others.
      guard found.isEmpty, !rows.isEmpty else {
        return found.sorted { PendingCursor($0.delivery) < PendingCursor($1.delivery) }
      }
    }
  }

  private var orphans: OrphanStatements {
    OrphanStatements(
      tables: tables,
      replica: replica,
      timeout: configuration.replicaTimeout / .seconds(1)
    )
  }
}
#endif
