#if PostgresSupport
public import Smooven
internal import SmoovenSupport

/// A store in a PostgreSQL database, which many processes on many machines share.
///
/// A callback may arrive at any of them. The process that waits for it learns of it within milliseconds, and a callback
/// that two of them receive is stored once. Calls that arrive while another is being committed share the next commit.
/// No call blocks the caller's thread, and cancelling a call that writes doesn't undo it.
///
/// It needs PostgreSQL 14 or later, and up to four connections per process. Callbacks and their deduplication keys are
/// kept for ``PostgresStoreConfiguration/retention``, and deliveries for
/// ``PostgresStoreConfiguration/deliveryRetention``. Older ones are removed in small steps after writes.
///
/// Every call may throw `DeliveryStoreError`, whose message says what's wrong and what to do. Once the database can be
/// reached again, the store continues on its own. Call ``close()`` at the end, so that other processes learn
/// immediately that this one is gone.
public final class PostgresDeliveryStore: DeliveryStore {
  let configuration: PostgresStoreConfiguration
  let tables: PostgresTables
  let replica = ReplicaID()
  let writer: PostgresConnection
  /// Writes, too, while many calls wait.
  private let secondWriter: PostgresConnection
  let reader: PostgresConnection
  let listener: ReplicaListener?
  let writes: WriteQueue
  let keeper: RetentionKeeper
  let maintenance: StoreMaintenance
  let hub: ReplicaHub
  /// The host and the database, for messages.
  let place: String
  private let epoch: String
  private let clock: (@Sendable () -> StoreInstant)?

  /// Connects, and creates the tables or adds to them if needed.
  ///
  /// - Parameter configuration: The database, and how it's used.
  /// - Throws: `DeliveryStoreError` with `unavailable` if the database can't be reached, is older than PostgreSQL 14,
  ///   isn't in UTF-8, is a read-only standby, or has tables of a newer version, or if the role may not create the
  ///   tables.
  public convenience init(configuration: PostgresStoreConfiguration) async throws {
    let start = ContinuousClock.now
    try await self.init(configuration: configuration) { ContinuousClock.now - start }
  }

  // `clock` replaces that of the database. If the store isn't driven, it does nothing on its own, so there's no poll,
  // no lease and no retention.
  package init(
    configuration: PostgresStoreConfiguration,
    clock: (@Sendable () -> StoreInstant)? = nil,
    isDriven: Bool = true,
    monotonic: @escaping @Sendable () -> Duration
  ) async throws {
    self.clock = clock
    let configuration = try configuration.validated()
    let address = try PostgresAddress(configuration.url)
    let tables = PostgresTables(schema: configuration.schema)
    let telemetry = PostgresTelemetry()
    let (timeout, replica) = (configuration.timeout, replica)
    self.configuration = configuration
    self.tables = tables
    place = address.place
    let checkPlaces: @Sendable (LibPQ) throws -> Void = { connection in
      try PlaceBase(tables: tables).check(connection, until: .now.advanced(by: timeout))
    }
    let makeWriter = { (name: String) in
      PostgresConnection(address, name: name, timeout: timeout, telemetry: telemetry, prepare: checkPlaces)
    }
    writer = makeWriter("writer")
    secondWriter = makeWriter("writer-2")
    reader = PostgresConnection(address, name: "reader", timeout: timeout, telemetry: telemetry)
    let opened = try await Self.open(address, tables, timeout)
    epoch = opened.epoch
    keeper = RetentionKeeper(configuration, stored: opened.clock, monotonic: monotonic)
    maintenance = StoreMaintenance(tables: tables, replica: replica, keeper: keeper)
    listener =
      try configuration.usesNotifications
      ? ReplicaListener(
        try configuration.listenURL.map { url throws(DeliveryStoreError) in try PostgresAddress(url) }
          ?? address,
        tables: tables,
        replica: replica,
        reader: reader,
        configuration: configuration,
        telemetry: telemetry
      ) : nil
    hub = ReplicaHub(
      tables: tables,
      replica: replica,
      configuration: configuration,
      reader: reader,
      listener: listener,
      telemetry: telemetry
    )
    writes = WriteQueue(
      writers: [writer, secondWriter],
      place: address.place,
      tables: tables,
      replica: replica,
      configuration: configuration,
      telemetry: telemetry,
      maintain: { [maintenance, writer] in if isDriven { await maintenance.step(writer) } },
      onCommit: { [hub] report in hub.note(report) }
    )
    // A delivery of a replica without a row would be taken over.
    _ = try await writes.perform(.watch([]))
    guard isDriven else { return }
    hub.start { [writes] operation in try await writes.perform(operation) }
  }

  deinit { hub.close() }

  private static func open(
    _ address: PostgresAddress,
    _ tables: PostgresTables,
    _ timeout: Duration
  ) async throws -> (epoch: String, clock: String?) {
    let opening = PostgresConnection(address, name: "opening", timeout: timeout)
    do {
      let opened = try await opening.run { connection, deadline in
        try PostgresMigrations(tables: tables, place: address.place).run(connection, until: deadline)
        let rows = try connection.run("SELECT id::text, clock FROM \(tables("state"))", until: deadline)
        return (rows.first?.text(0) ?? "", rows.first?.text(1))
      }
      await opening.close()
      return opened
    } catch {
      await opening.close()
      throw (error as? PostgresFault)?.error(address.place) ?? error
    }
  }

  /// Finishes the calls in progress, ends the sequences of callbacks, signs this process off and closes the
  /// connections.
  ///
  /// Later calls throw. Cancelling the caller has no effect.
  public func close() async {
    hub.expectClosing()
    guard await writes.close() else { return }
    hub.close()
    let signOff = SignOff(tables: tables, replica: replica)
    // Not cancelled with the caller. If it fails, the other processes notice after a while.
    await Task { [writer, secondWriter, reader] in
      try? await writer.run { connection, deadline in try signOff.run(connection, until: deadline) }
      await writer.close()
      await secondWriter.close()
      await reader.close()
    }.value
  }

  /// Reads, and retries if the connection was lost.
  ///
  /// - Throws: `DeliveryStoreError`, or `CancellationError` if cancelled.
  func read<Result: Sendable>(
    _ body: @Sendable (LibPQ, ContinuousClock.Instant) throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    do {
      return try await reader.run(isRepeatable: true, body)
    } catch let fault as PostgresFault {
      throw fault.error(place)
    }
  }

  func instant(_ nanoseconds: Int64) -> StoreInstant {
    clock?() ?? StoreInstant(epoch: epoch, nanoseconds: nanoseconds)
  }

  func damaged(_ what: String) -> DeliveryStoreError {
    DeliveryStoreError(.unavailable, "\(place): \(what) can't be read; a row isn't what this version writes")
  }
}
#endif
