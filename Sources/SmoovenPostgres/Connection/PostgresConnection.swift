#if PostgresSupport
internal import Smooven
internal import Synchronization

/// A connection on a dedicated thread, which is established when it's needed, and again after it was lost.
actor PostgresConnection {
  nonisolated private let executor: ThreadExecutor
  nonisolated let address: PostgresAddress
  private let timeout: Duration
  private let telemetry: PostgresTelemetry?
  /// A closure that runs on each new connection, before anything else.
  private let prepare: @Sendable (LibPQ) throws -> Void
  private var connection: LibPQ?
  private var backoff = Backoff()
  private var isClosed = false
  nonisolated private let connects = Atomic<Int>(0)

  init(
    _ address: PostgresAddress,
    name: String,
    timeout: Duration,
    telemetry: PostgresTelemetry? = nil,
    prepare: @escaping @Sendable (LibPQ) throws -> Void = { _ in }
  ) {
    self.address = address
    self.timeout = timeout
    self.telemetry = telemetry
    self.prepare = prepare
    executor = ThreadExecutor(name: "smooven-\(name)")
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  /// The number of connections that were established.
  nonisolated var connectCount: Int { connects.load(ordering: .relaxed) }

  /// Runs a closure with the connection, which blocks only this thread.
  ///
  /// - Parameters:
  ///   - isRepeatable: Whether to run the closure again, once, if the connection is lost in between.
  ///   - body: A closure that receives the connection, and the deadline of its statements.
  /// - Returns: The closure's result.
  /// - Throws: ``PostgresFault``, or any error that the closure throws.
  func run<Result: Sendable>(
    isRepeatable: Bool = false,
    _ body: @Sendable (LibPQ, ContinuousClock.Instant) throws -> Result
  ) throws -> Result {
    let isFresh = connection == nil
    do {
      return try attempt(body)
    } catch let fault as PostgresFault where isRepeatable && !isFresh && fault.kind == .connection {
      return try attempt(body)
    }
  }

  private func attempt<Result>(
    _ body: @Sendable (LibPQ, ContinuousClock.Instant) throws -> Result
  ) throws -> Result {
    let connection = try connected()
    do {
      return try body(connection, .now.advanced(by: timeout))
    } catch {
      if connection.isBroken || (error as? PostgresFault)?.isReadOnly == true { self.connection = nil }
      throw error
    }
  }

  /// Closes the connection, so that the next call establishes another one.
  func drop() { connection = nil }

  /// Closes the connection, after which calls throw.
  func close() {
    isClosed = true
    connection = nil
  }

  private func connected() throws -> LibPQ {
    if isClosed { throw PostgresFault(.connection, message: "the store is closed") }
    if let connection, connection.isUsable() { return connection }
    connection = nil
    if let fault = backoff.refusal(at: .now) { throw fault }
    do {
      let new = try LibPQ(address, timeout: timeout)
      try prepare(new)
      backoff.succeed()
      if connects.add(1, ordering: .relaxed).oldValue > 0 { telemetry?.countReconnect() }
      connection = new
      return new
    } catch {
      let fault = error as? PostgresFault ?? PostgresFault(.connection, message: "\(type(of: error))")
      backoff.fail(fault, at: .now, jitter: .random(in: 0...1))
      throw error
    }
  }
}

/// The backoff after a connection failed, during which calls fail with the last fault.
struct Backoff: Sendable {
  private static let longest: Double = 5
  private var failures = 0
  private var last: (fault: PostgresFault, until: ContinuousClock.Instant)?

  /// Returns the fault of the last attempt, if it's too early for another one.
  func refusal(at now: ContinuousClock.Instant) -> PostgresFault? {
    last.flatMap { now < $0.until ? $0.fault : nil }
  }

  mutating func succeed() {
    failures = 0
    last = nil
  }

  /// Starts a pause of 0.1 seconds, doubled after each failure up to 5 seconds, of which up to half is subtracted at
  /// random.
  mutating func fail(_ fault: PostgresFault, at now: ContinuousClock.Instant, jitter: Double) {
    let pause = pause(jitter: jitter)
    failures = min(failures + 1, 16)
    last = (fault, now.advanced(by: pause))
  }

  private func pause(jitter: Double) -> Duration {
    .seconds(min(0.1 * Double(1 << failures), Self.longest) * (1 - jitter / 2))
  }
}
#endif
