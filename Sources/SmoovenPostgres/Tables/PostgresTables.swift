#if PostgresSupport
internal import Smooven
internal import SmoovenCallbacks

/// The names of one schema's tables, which are always qualified and quoted because a pooler may change `search_path`.
struct PostgresTables: Sendable {
  let schema: String
  /// A digest that identifies the schema among all advisory locks and channels.
  private let digest: Int64

  init(schema: String) {
    self.schema =
      "\"" + schema.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    digest = LookupKey.id(schema, group: "smooven.schema")
  }

  /// Returns the qualified name of a table.
  func callAsFunction(_ table: String) -> String { "\(schema).\(table)" }

  /// The lock that appends share, and that a change of a floor holds exclusively.
  var keysLock: Int64 { digest }
  /// The lock of the replica that migrates.
  var migrationLock: Int64 { digest ^ 1 }
  /// The lock of the replica that removes what is old.
  var maintenanceLock: Int64 { digest ^ 2 }

  /// Returns the channel on which a replica is notified.
  func channel(of replica: ReplicaID) -> String {
    "smooven." + Hex.encode(LookupKey.data([digest])) + "." + Hex.encode(replica.bytes)
  }

  /// The place of the first event that the current transaction may append.
  ///
  /// A place is the number of the transaction and, in the lower 20 bits, the number of the event within it.
  /// `state.base` is added so that places continue after the tables were moved to another server, whose transactions
  /// count from 1.
  var transactionPlace: String {
    "(((SELECT base FROM \(self("state"))) + pg_current_xact_id()::text::int8) << 20)"
  }

  /// The place before which every transaction has ended.
  var frontier: String {
    "(((SELECT base FROM \(self("state"))) + pg_snapshot_xmin(pg_current_snapshot())::text::int8) << 20)"
  }

  /// The database's time in nanoseconds since 1970.
  static let now = "floor(extract(epoch FROM clock_timestamp()) * 1000000000)::int8"
}

/// The identity of one open store among all that share the tables.
struct ReplicaID: Sendable, Hashable {
  let bytes: [UInt8]

  init() {
    bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The owner of counts that belong to no living replica.
  static let none = ReplicaID(bytes: Array(repeating: 0, count: 16))
}
#endif
