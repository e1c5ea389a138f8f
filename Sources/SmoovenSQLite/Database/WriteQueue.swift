#if SQLiteSupport
internal import GRDB
internal import Smooven
internal import Synchronization

/// Group commit: all callers that write while a transaction runs share the next one, and one `fsync`.
///
/// Writes happen in the order of their calls, on GRDB's own thread. Each caller is resumed exactly once, after the
/// commit. Cancelling it changes nothing, because the write may be on its way to the disk.
final class WriteQueue: Sendable {
  private struct Job: Sendable {
    let since: ContinuousClock.Instant
    /// Writes, and returns how to resume the caller after the commit.
    let body: @Sendable (StoreTransaction) throws -> @Sendable () -> Void
    let fail: @Sendable (DeliveryStoreError) -> Void
  }

  private struct State {
    var waiting: [Job] = []
    var isDraining = false
    var isClosed = false
  }

  /// The maximum number of writes in a transaction, so that readers and other processes don't wait for too long.
  private static let batchLimit = 512

  private let connections: StoreConnections
  private let place: StorePlace
  private let limits: KeyLimits
  private let limit: Int
  private let maintenance: StoreMaintenance
  private let state = Mutex(State())
  private let commits = Atomic<Int>(0)
  private let onCommit: @Sendable (_ appended: [StoredEvent]) -> Void

  init(
    connections: StoreConnections,
    place: StorePlace,
    configuration: SQLiteStoreConfiguration,
    maintenance: StoreMaintenance,
    onCommit: @escaping @Sendable (_ appended: [StoredEvent]) -> Void
  ) {
    self.connections = connections
    self.place = place
    limits = configuration.keyLimits
    limit = configuration.maximumWaitingWrites
    self.maintenance = maintenance
    self.onCommit = onCommit
  }

  /// The number of transactions that were committed.
  var commitCount: Int { commits.load(ordering: .relaxed) }

  /// Writes in a transaction, and returns when it is committed.
  ///
  /// The closure may run more than once: again after another write in the same transaction failed.
  func perform<Result: Sendable>(
    _ body: @escaping @Sendable (StoreTransaction) throws -> Result
  ) async throws(DeliveryStoreError) -> Result {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Swift.Result<Result, DeliveryStoreError>, Never>) in
      let job = Job(
        since: .now,
        body: { transaction in
          let result = try body(transaction)
          return { continuation.resume(returning: .success(result)) }
        },
        fail: { continuation.resume(returning: .failure($0)) }
      )
      if !submit(job) { job.fail(DeliveryStoreError(.unavailable, "\(place.path): the store is closed")) }
    }
    return try result.get()
  }

  /// Refuses later writes, and returns when all earlier ones are done: whether it was open until now.
  func close() async -> Bool {
    await withCheckedContinuation { continuation in
      let job = Job(
        since: .now,
        body: { _ in { continuation.resume(returning: true) } },
        fail: { _ in continuation.resume(returning: true) }
      )
      if !submit(job, isLast: true) { continuation.resume(returning: false) }
    }
  }

  /// Queues a write, or fails it if there is no room; returns `false`, and does neither, if the queue is closed.
  private func submit(_ job: Job, isLast: Bool = false) -> Bool {
    enum Place { case closed, full, queued(mustStart: Bool) }
    let place = state.withLock { state -> Place in
      if state.isClosed { return .closed }
      guard isLast || state.waiting.count < limit else { return .full }
      state.isClosed = isLast
      state.waiting.append(job)
      defer { state.isDraining = true }
      return .queued(mustStart: !state.isDraining)
    }
    switch place {
    case .closed: return false
    case .full:
      job.fail(
        DeliveryStoreError(.unavailable, "\(self.place.path): \(limit) writes wait for the disk already")
      )
    case .queued(mustStart: true): connections.writer.asyncWriteWithoutTransaction { [self] db in drain(db) }
    case .queued: break
    }
    return true
  }

  private func drain(_ db: Database) {
    while let batch = nextBatch() {
      // Looked at before each commit: afterwards it would be too late.
      if let fault = place.fault {
        for job in batch { job.fail(fault) }
        continue
      }
      commit(batch, db)
      connections.patience.limit(until: .now.advanced(by: .milliseconds(50)))
      maintenance.step(StoreTransaction(db, path: place.path, limits: limits))
    }
  }

  private func nextBatch() -> [Job]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.isDraining = false
        return nil
      }
      let batch = Array(state.waiting.prefix(Self.batchLimit))
      state.waiting.removeFirst(batch.count)
      return batch
    }
  }

  private func commit(_ batch: [Job], _ db: Database) {
    guard let oldest = batch.first?.since else { return }
    do {
      if db.isInsideTransaction { try db.rollback() }
      connections.patience.limit(until: end(of: oldest))
      let transaction = StoreTransaction(db, path: place.path, limits: limits)
      var resumptions: [@Sendable () -> Void] = []
      resumptions.reserveCapacity(batch.count)
      try db.inTransaction(.immediate) {
        let keepsClock = try maintenance.begin(transaction)
        for job in batch { resumptions.append(try job.body(transaction)) }
        try maintenance.finish(transaction, keepingClock: keepsClock)
        return .commit
      }
      commits.add(1, ordering: .relaxed)
      onCommit(transaction.appended)
      for resume in resumptions { resume() }
    } catch  where StoreFault.isLock(error) {
      giveUp(batch, StoreFault.error(error, path: place.path))
    } catch  where batch.count > 1 && !StoreFault.concernsAll(error) {
      // One failed, and nothing of the batch was written. Alone, it fails alone.
      for job in batch { commit([job], db) }
    } catch {
      let failure = StoreFault.error(error, path: place.path)
      for job in batch { job.fail(failure) }
    }
  }

  /// When to stop waiting for a lock: after the timeout, of which a slow disk may have taken most.
  private func end(of oldest: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let timeout = connections.patience.timeout
    return max(oldest.advanced(by: timeout), .now.advanced(by: min(timeout, .milliseconds(100))))
  }

  /// Fails all writes that have waited for a lock long enough, and puts the others of the batch back.
  private func giveUp(_ batch: [Job], _ failure: DeliveryStoreError) {
    let limit = ContinuousClock.now.advanced(by: .zero - connections.patience.timeout)
    let late = state.withLock { state in
      let all = batch + state.waiting
      state.waiting = all.filter { $0.since > limit }
      return all.filter { $0.since <= limit }
    }
    for job in late { job.fail(failure) }
    // SQLite may report a lock without any wait.
    if late.isEmpty { LockPatience.pause() }
  }
}
#endif
