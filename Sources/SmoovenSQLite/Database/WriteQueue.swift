#if SQLiteSupport
internal import GRDB
internal import Smooven
internal import Synchronization

/// Group commit: all who want to write while a transaction runs share the next one, and one `fsync`.
///
/// Writes happen in the order of their calls, on GRDB's own thread. Each caller is resumed exactly once, after the
/// commit; cancelling it changes nothing, because the write may be on its way to the disk.
final class WriteQueue: Sendable {
  /// What a write left behind, to be made known once it is committed.
  struct Completion {
    /// The last event it added.
    var event: Int64?
    let resume: @Sendable () -> Void
  }

  private struct Job: Sendable {
    let body: @Sendable (Database) throws -> Completion
    let fail: @Sendable (DeliveryStoreError) -> Void
  }

  private struct State {
    var waiting: [Job] = []
    var isDraining = false
    var isClosed = false
  }

  /// The most writes of a transaction: beyond, readers and other processes would wait too long for it.
  private static let batchLimit = 512

  private let pool: DatabasePool
  private let path: String
  private let limit: Int
  private let state = Mutex(State())
  private let commits = Atomic<Int>(0)
  private let onCommit: @Sendable (_ event: Int64) -> Void
  private let afterBatch: @Sendable (Database) -> Void

  init(
    pool: DatabasePool,
    path: String,
    limit: Int,
    onCommit: @escaping @Sendable (_ event: Int64) -> Void,
    afterBatch: @escaping @Sendable (Database) -> Void
  ) {
    self.pool = pool
    self.path = path
    self.limit = limit
    self.onCommit = onCommit
    self.afterBatch = afterBatch
  }

  /// How many transactions were committed.
  var commitCount: Int { commits.load(ordering: .relaxed) }

  /// Writes in a transaction, and returns when it is committed.
  ///
  /// The closure may run more than once: after the failure of another write in the same transaction.
  func perform<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> (Result, event: Int64?)
  ) async throws(DeliveryStoreError) -> Result {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Swift.Result<Result, DeliveryStoreError>, Never>) in
      let job = Job(
        body: { db in
          let (result, event) = try body(db)
          return Completion(event: event) { continuation.resume(returning: .success(result)) }
        },
        fail: { continuation.resume(returning: .failure($0)) }
      )
      if !submit(job) { job.fail(DeliveryStoreError(.unavailable, "\(path): the store is closed")) }
    }
    return try result.get()
  }

  func perform<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(DeliveryStoreError) -> Result {
    try await perform { db in (try body(db), event: nil) }
  }

  /// Refuses what comes later, and returns when all that came before is written: whether it was open until now.
  func close() async -> Bool {
    await withCheckedContinuation { continuation in
      let job = Job(
        body: { _ in Completion { continuation.resume(returning: true) } },
        fail: { _ in continuation.resume(returning: true) }
      )
      if !submit(job, isLast: true) { continuation.resume(returning: false) }
    }
  }

  /// Queues a write, or tells it that there is no room; returns `false` when the queue is closed, and does neither.
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
      job.fail(DeliveryStoreError(.unavailable, "\(path): \(limit) writes wait for the disk already"))
    case .queued(mustStart: true): pool.asyncWriteWithoutTransaction { [self] db in drain(db) }
    case .queued: break
    }
    return true
  }

  private func drain(_ db: Database) {
    while let batch = nextBatch() {
      commit(batch, db)
      afterBatch(db)
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
    do {
      if db.isInsideTransaction { try db.rollback() }
      var completions: [Completion] = []
      try db.inTransaction(.immediate) {
        for job in batch { completions.append(try job.body(db)) }
        return .commit
      }
      commits.add(1, ordering: .relaxed)
      if let event = completions.compactMap(\.event).max() { onCommit(event) }
      for completion in completions { completion.resume() }
    } catch  where batch.count > 1 && !StoreFault.concernsAll(error) {
      // One failed, and nothing of the batch was written. Alone, it fails alone.
      for job in batch { commit([job], db) }
    } catch {
      let failure = StoreFault.error(error, path: path)
      for job in batch { job.fail(failure) }
    }
  }
}
#endif
