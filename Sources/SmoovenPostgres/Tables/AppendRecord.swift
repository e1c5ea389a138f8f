#if PostgresSupport
internal import Smooven

/// A callback to append, with what is computed of it once.
struct AppendRecord: Sendable {
  let record: EventRecord
  /// The date from which it's kept.
  let keptFrom: Double
  /// The number of its ring.
  let ring: Int64

  init(_ record: EventRecord, keptFrom: Double) {
    self.record = record
    self.keptFrom = keptFrom
    ring = RingStatements.id(record.ring)
  }

  /// The place of its deduplication key in the ring.
  var ringPlace: Double { record.position(keptFrom) }
}
#endif
