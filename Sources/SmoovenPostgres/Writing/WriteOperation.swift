#if PostgresSupport
internal import Smooven

internal import struct Foundation.Data

/// One call's part of a transaction.
enum WriteOperation: Sendable {
  case append([AppendRecord])
  case insert(DeliveryRecord, keptFrom: Double)
  case replace(DeliveryRecord, version: Int64)
  case remove(token: Data, version: Int64)
  case advance(worker: Data, position: Int64)
  /// Adds keys to this replica's interests.
  case watch([Int64])
  case unwatch([Int64])

  /// The identity of something that operations of different transactions must not write at the same time.
  enum Identity: Hashable {
    case digest(Data)
    case token(Data)
    case key(Data)
    /// The interests of this replica, which are removed before they're added within a transaction.
    case interests

    /// Whether two operations of the same transaction may write it.
    var isShared: Bool { self == .interests }
  }

  var identities: [Identity] {
    switch self {
    case .append(let records): records.map { .digest($0.record.digest) }
    case .insert(let record, _): [.token(record.token)] + (record.idempotencyKey.map { [.key($0)] } ?? [])
    case .watch, .unwatch: [.interests]
    case .replace, .remove, .advance: []
    }
  }

  /// The approximate number of bytes that the operation sends.
  var size: Int {
    switch self {
    case .append(let records):
      records.reduce(0) { $0 + $1.record.body.count + $1.record.detail.utf8.count + 200 }
    case .insert(let record, _), .replace(let record, _): record.text.utf8.count + 200
    case .watch(let keys), .unwatch(let keys): keys.count * 12
    case .remove, .advance: 100
    }
  }

  /// Whether the operation must survive a crash of the server.
  var isDurable: Bool {
    switch self {
    case .watch, .unwatch: false
    default: true
    }
  }
}

/// The result of an operation.
enum WriteResult: Sendable {
  case appended([AppendResult])
  /// Whether a delivery was inserted, and the database's time.
  case inserted(Bool, time: Int64)
  /// The new version of a row that was replaced.
  case replaced(Int64?)
  case done
}

/// The effects of a transaction, in addition to the results of its operations.
struct WriteReport: Sendable {
  /// A callback that was stored, and the keys by which it's found.
  struct Stored: Sendable {
    let event: StoredEvent
    let keys: Set<Int64>

    var place: Int64 { event.cursor.rawValue }
  }

  /// The callbacks that were stored.
  var stored: [Stored] = []
  /// The deliveries that were replaced or removed, and the place of the transaction.
  var changed: [DeliveryToken] = []
  var place: Int64 = 0
  /// The keys and the replicas that are interested in them.
  var interests: [(key: Int64, replica: ReplicaID)] = []
  /// The number of keys of each ring.
  var totals: [Int64: Int64] = [:]
  /// Whether this replica was unknown, so that all of its interests are gone.
  var wasUnknown = false
}
#endif
