#if SQLiteSupport
internal import DequeModule
internal import GRDB
internal import Metrics
internal import Smooven
internal import Synchronization

/// A queue for group commit, in which all callers that write while a transaction runs share the next one, and one
/// `fsync`.
///
/// Writes are performed in the order of their calls, on GRDB's own thread. Each caller is resumed exactly once, after
/// the commit. Cancelling a caller changes nothing, because its write may already be on its way to the disk.
final class WriteQueue: Sendable {
  private struct Job: Sendable {
    let since: ContinuousClock.Instant
    /// Performs the write, and returns how to resume the caller after the commit.
    let body: @Sendable (StoreTransaction) throws -> @Sendable () -> Void
    let fail: @Sendable (DeliveryStoreError) -> Void
  }

  private struct State {
    var waiting: Deque<Job> = []
    var isDraining = false
    var isClosed = false
  }

  /// The maximum number of writes in a transaction, so that readers and other processes don't wait too long.
  private static let batchLimit = 512

  private let connections: StoreConnections
  private let place: StorePlace
  private let limits: KeyLimits
  private let limit: Int
  private let maintenance: StoreMaintenance
  private let state = Mutex(State())
  private let commits = Atomic<Int>(0)
  private let duration = Timer(label: "smooven_store_commit_seconds", preferredDisplayUnit: .seconds)
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

  /// The number of committed transactions.
  var commitCount: Int { commits.load(ordering: .relaxed) }

  /// Writes in a transaction, and returns when it's committed.
  ///
  /// The closure may run more than once, because it runs again if another write in the same transaction failed.
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

  /// Refuses later writes, waits until all earlier ones are done, and returns whether the queue was open until now.
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

  /// Queues a write, or fails it if there's no room.
  ///
  /// - Returns: `false` if the queue is closed, in which case it does neither.
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
      // Checked before each commit, because afterwards it would be too late.
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
    let start = ContinuousClock.now
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
      duration.record(duration: .now - start)
      onCommit(transaction.appended)
      for resume in resumptions { resume() }
    } catch  where StoreFault.isLock(error) {
      giveUp(batch, StoreFault.error(error, path: place.path))
    } catch  where batch.count > 1 && !StoreFault.concernsAll(error) {
      // One of the writes failed, so nothing of the batch was written. On its own, it fails without the others.
      for job in batch { commit([job], db) }
    } catch {
      let failure = StoreFault.error(error, path: place.path)
      for job in batch { job.fail(failure) }
    }
  }

  /// Returns when to stop waiting for a lock, which is after the timeout, even though a slow disk may have used most of
  /// that up.
  private func end(of oldest: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let timeout = connections.patience.timeout
    return max(oldest.advanced(by: timeout), .now.advanced(by: min(timeout, .milliseconds(100))))
  }

  /// Fails all writes that have waited long enough for a lock, and puts the others of the batch back.
  private func giveUp(_ batch: [Job], _ failure: DeliveryStoreError) {
    let limit = ContinuousClock.now.advanced(by: .zero - connections.patience.timeout)
    let late = state.withLock { state in
      let all = batch + state.waiting
      state.waiting = Deque(all.filter { $0.since > limit })
      return all.filter { $0.since <= limit }
    }
    for job in late { job.fail(failure) }
    // SQLite may report a lock without waiting at all.
    if late.isEmpty { LockPatience.pause() }
  }
}
#endif
