#if PostgresSupport
internal import Smooven
internal import SmoovenSupport

/// A queue for group commit, in which all callers that write while a transaction runs share the next one.
///
/// If many wait, a second transaction runs at the same time, on another connection: the server then works on one while
/// it waits for its disk to commit the other.
///
/// Each caller is resumed exactly once, after the commit. Cancelling a caller changes nothing, because its write may
/// already be in progress.
final class WriteQueue: Sendable {
  private struct Job: Sendable {
    let operation: WriteOperation
    let finish: @Sendable (Result<WriteResult, DeliveryStoreError>) -> Void
  }

  private struct State: Sendable {
    var backlog: WriteBacklog<Job>
    var isClosed = false
    /// The number of keys of each ring, as of the last commit that used it.
    var totals: [Int64: Int64] = [:]
  }

  private static let tryLimit = 6
  private static let ringLimit = 10_000

  private let writers: [PostgresConnection]
  private let place: String
  private let tables: PostgresTables
  private let replica: ReplicaID
  private let limits: KeyLimits
  private let limit: Int
  private let state: Watched<State>
  private let telemetry: PostgresTelemetry
  private let maintain: @Sendable () async -> Void
  private let onCommit: @Sendable (WriteReport) -> Void

  init(
    writers: [PostgresConnection],
    place: String,
    tables: PostgresTables,
    replica: ReplicaID,
    configuration: PostgresStoreConfiguration,
    telemetry: PostgresTelemetry,
    maintain: @escaping @Sendable () async -> Void,
    onCommit: @escaping @Sendable (WriteReport) -> Void
  ) {
    self.writers = writers
    self.place = place
    state = Watched(State(backlog: WriteBacklog(laneCount: writers.count)))
    self.tables = tables
    self.replica = replica
    limits = configuration.keyLimits
    limit = configuration.maximumWaitingWrites
    self.telemetry = telemetry
    self.maintain = maintain
    self.onCommit = onCommit
  }

  /// Writes in a transaction, and returns when it's committed.
  func perform(_ operation: WriteOperation) async throws(DeliveryStoreError) -> WriteResult {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<WriteResult, DeliveryStoreError>, Never>) in
      submit(Job(operation: operation) { continuation.resume(returning: $0) })
    }
    return try result.get()
  }

  /// Refuses later writes, waits until all earlier ones are done, and returns whether the queue was open until now.
  func close() async -> Bool {
    let wasOpen = state.update { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    // Not cancelled with the caller.
    await Task { [state] in _ = try? await state.first { $0.backlog.isIdle ? () : nil } }.value
    return wasOpen
  }

  private func submit(_ job: Job) {
    enum Place { case closed, full, queued(lane: Int?) }
    let place = state.update { [limit] state -> Place in
      if state.isClosed { return .closed }
      guard state.backlog.count < limit else { return .full }
      return .queued(lane: state.backlog.add(job.operation, job))
    }
    switch place {
    case .closed: job.finish(.failure(DeliveryStoreError(.unavailable, "\(self.place): the store is closed")))
    case .full:
      let message = "\(self.place): \(limit) writes wait for the database already"
      job.finish(.failure(DeliveryStoreError(.unavailable, message)))
    case .queued(let lane?): Task { await drain(lane) }
    case .queued: break
    }
  }

  private func drain(_ lane: Int) async {
    while let batch = state.update({ $0.backlog.next(in: lane) }) {
      let writer = writers[lane]
      var alone: [Job] = []
      var together: [Job] = []
      for job in batch {
        if await needsCare(job.operation, writer) { alone.append(job) } else { together.append(job) }
      }
      if !together.isEmpty { await commit(together, writer) }
      for job in alone { await appendCarefully(job, writer) }
      if lane == 0 { await maintain() }
    }
  }

  // MARK: Committing

  private func commit(_ jobs: [Job], _ writer: PostgresConnection) async {
    let batch = WriteBatch(jobs.map(\.operation), tables: tables, replica: replica)
    do {
      let (results, report) = try await retrying {
        try await writer.run { connection, deadline in try Self.send(batch, connection, deadline) }
      }
      telemetry.recordBatch(jobs.count)
      finish(report)
      for (job, result) in zip(jobs, results) { job.finish(.success(result)) }
    } catch let fault as PostgresFault where jobs.count > 1 && !fault.concernsAll && !fault.mayPass {
      // One of the writes failed, so nothing of the batch was written. On its own, it fails without the others.
      for job in jobs { await commit([job], writer) }
    } catch {
      let failure = storeError(error)
      for job in jobs { job.finish(.failure(failure)) }
    }
  }

  private static func send(
    _ batch: WriteBatch,
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> ([WriteResult], WriteReport) {
    let results = try connection.pipeline(batch.statements, until: deadline)
    do {
      return try batch.results(results)
    } catch {
      _ = try connection.run("ROLLBACK", until: deadline)
      throw error
    }
  }

  /// Retries what another replica's lock prevented, after a pause of random length.
  private func retrying<Success>(_ body: () async throws -> Success) async throws -> Success {
    for attempt in 1... {
      let start = ContinuousClock.now
      do {
        let result = try await body()
        telemetry.recordCommit(ContinuousClock.now - start)
        return result
      } catch let fault as PostgresFault where fault.mayPass && attempt < Self.tryLimit {
        telemetry.countRetry()
        try? await Task.sleep(for: .milliseconds(Int64.random(in: 1...(8 << attempt))))
      }
    }
    throw CancellationError()
  }

  private func finish(_ report: WriteReport) {
    state.update { state in
      if state.totals.count > Self.ringLimit { state.totals = [:] }
      state.totals.merge(report.totals) { $1 }
    }
    onCommit(report)
  }

  private func storeError(_ error: any Error) -> DeliveryStoreError {
    if let fault = error as? PostgresFault { return fault.error(place) }
    if let error = error as? DeliveryStoreError { return error }
    return DeliveryStoreError(.unavailable, "\(place): \(type(of: error))", cause: error)
  }

  // MARK: Callbacks for which there may be no room

  /// Returns whether callbacks must be appended one at a time, because a ring is nearly full or a key occurs twice.
  private func needsCare(_ operation: WriteOperation, _ writer: PostgresConnection) async -> Bool {
    guard case .append(let records) = operation else { return false }
    if Set(records.map(\.record.digest)).count < records.count { return true }
    var counts: [Int64: Int64] = [:]
    for record in records { counts[record.ring, default: 0] += 1 }
    let unknown = state.read { [counts] state in counts.keys.filter { state.totals[$0] == nil } }
    if !unknown.isEmpty {
      let statement = RingStatements.count(unknown, tables)
      // An error here occurs again at the commit, which reports it.
      let rows = try? await writer.run(isRepeatable: true) { connection, deadline in
        try connection.run(statement.sql, statement.parameters, until: deadline)
      }
      state.update { state in
        for ring in unknown { state.totals[ring] = 0 }
        for row in rows ?? .none {
          if let ring = row.integer(0), let count = row.integer(1) { state.totals[ring] = count }
        }
      }
    }
    return state.update { [counts, limits] state in
      // Counted until the commit corrects it, so that a batch doesn't use the same room twice. Another lane may, as
      // another replica may. What comes after that makes room.
      for (ring, count) in counts { state.totals[ring, default: 0] += count }
      return counts.keys.contains { state.totals[$0, default: 0] > limits.capacity }
    }
  }

  private func appendCarefully(_ job: Job, _ writer: PostgresConnection) async {
    guard case .append(let records) = job.operation else { return }
    let append = CarefulAppend(records, tables: tables, replica: replica, limits: limits)
    do {
      let (results, report) = try await retrying {
        try await writer.run { connection, deadline in try append.run(connection, deadline) }
      }
      finish(report)
      if let results {
        job.finish(.success(.appended(results)))
      } else {
        let message = """
          \(place): \(limits.capacity) deduplication keys of an endpoint are within \(limits.minimumWindow) seconds of \
          each other; raise the capacity
          """
        job.finish(.failure(DeliveryStoreError(.full, message)))
      }
    } catch {
      job.finish(.failure(storeError(error)))
    }
  }
}
#endif
