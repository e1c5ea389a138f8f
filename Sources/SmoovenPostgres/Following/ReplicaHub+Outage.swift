#if PostgresSupport
internal import Logging
internal import Smooven
internal import Synchronization

extension ReplicaHub {
  /// Records that a part can't read the database, and logs the first of an outage.
  func noteFault(_ error: any Error, of part: StoreOutage.Part) {
    guard outage.withLock({ $0.fail(part) }) else { return }
    let failure = error as? DeliveryStoreError ?? (error as? PostgresFault)?.error(reader.address.place)
    let detail = failure?.description ?? "\(type(of: error))"
    configuration.logger?.warning(
      "the store can't be read, so waits learn of nothing until it can be read again",
      metadata: ["error": "\(detail)"]
    )
  }

  /// Records that a part can read the database, and logs the end of an outage.
  func noteRecovery(of part: StoreOutage.Part) {
    guard outage.withLock({ $0.recover(part) }) else { return }
    configuration.logger?.notice("the store can be read again, so waits learn of what happened")
  }
}
#endif
