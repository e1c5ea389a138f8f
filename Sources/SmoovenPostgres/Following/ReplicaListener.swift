#if PostgresSupport
internal import Logging
internal import Smooven
internal import Synchronization

/// The connection that listens: it sends notifications for other replicas, and receives those for this one.
///
/// What is sent is collected for 10 ms, and isn't part of any transaction that writes: PostgreSQL commits those that
/// notify one at a time. What is lost is found by the poll of the other replica.
final class ReplicaListener: Sendable {
  /// What the listener noticed.
  enum Notice: Sendable {
    /// It listens now, so that what was stored before must be looked for once.
    case connected
    case message(ReplicaMessage)
  }

  private struct Outbox: Sendable {
    var messages: [ReplicaID: ReplicaMessage] = [:]
    var sentAt = ContinuousClock.now
  }

  /// When the connection was last known to receive.
  private struct Probe: Sendable {
    static let interval: Duration = .seconds(5)
    var sentAt: ContinuousClock.Instant?
    var sent = 0
    var answered = 0
    /// Whether a probe ever came back.
    var hasWorked = false
  }

  private static let pause: Duration = .milliseconds(10)

  private let connection: PostgresConnection
  private let tables: PostgresTables
  private let replica: ReplicaID
  private let logger: Logger?
  private let telemetry: PostgresTelemetry
  private let pipe: WakePipe
  private let outbox = Mutex(Outbox())
  private let probe = Mutex(Probe())
  private let hasWarned = Atomic(false)
  private let connects = Atomic(0)
  private let isStopped = Atomic(false)

  init(
    _ address: PostgresAddress,
    tables: PostgresTables,
    replica: ReplicaID,
    configuration: PostgresStoreConfiguration,
    telemetry: PostgresTelemetry
  ) throws(PostgresFault) {
    self.tables = tables
    self.replica = replica
    self.telemetry = telemetry
    logger = configuration.logger
    pipe = try WakePipe()
    let listen = "LISTEN \"\(tables.channel(of: replica))\""
    connection = PostgresConnection(address, name: "listener", timeout: configuration.timeout) { connection in
      _ = try connection.run(listen, until: .now.advanced(by: configuration.timeout))
    }
  }

  /// The number of the server's process, while connected.
  func serverProcess() async -> Int32? {
    try? await connection.run { connection, _ in connection.serverProcess }
  }

  /// Notifies a replica soon.
  func send(_ message: ReplicaMessage, to replica: ReplicaID) {
    outbox.withLock { $0.messages[replica, default: ReplicaMessage()].merge(message) }
    pipe.wake()
  }

  /// Listens until stopped.
  func run(_ notice: @Sendable (Notice) -> Void) async {
    while !isStopped.load(ordering: .relaxed) {
      do {
        let found = try await connection.run { connection, deadline in try step(connection, deadline) }
        noteConnection(notice)
        for notification in found { receive(notification, notice) }
        if isDead { await reconnect() }
      } catch {
        // Until it's time to connect again.
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
    await connection.close()
  }

  func stop() {
    isStopped.store(true, ordering: .relaxed)
    pipe.wake()
  }

  // MARK: One step

  private func step(
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> [PostgresNotification] {
    let now = ContinuousClock.now
    if probe.withLock({ $0.sentAt.map { now - $0 >= Probe.interval } ?? true }) {
      try sendProbe(connection, deadline)
    }
    let next = try flush(connection, deadline)
    let probeAt = probe.withLock { $0.sentAt ?? now } + Probe.interval
    guard !isStopped.load(ordering: .relaxed) else { return [] }
    return try connection.notifications(orWakeBy: pipe, until: min(next ?? probeAt, probeAt))
  }

  /// Sends what was collected; returns when to do so, if it's too early.
  private func flush(
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> ContinuousClock.Instant? {
    let now = ContinuousClock.now
    let (messages, next) = outbox.withLock {
      outbox -> ([ReplicaID: ReplicaMessage], ContinuousClock.Instant?) in
      if outbox.messages.isEmpty { return ([:], nil) }
      if now - outbox.sentAt < Self.pause { return ([:], outbox.sentAt + Self.pause) }
      defer { outbox.messages = [:] }
      outbox.sentAt = now
      return (outbox.messages, nil)
    }
    var (channels, texts): ([String], [String]) = ([], [])
    for (replica, message) in messages {
      for text in message.texts {
        channels.append(tables.channel(of: replica))
        texts.append(text)
      }
    }
    guard !texts.isEmpty else { return next }
    try notify(channels, texts, connection, deadline)
    return nil
  }

  private func notify(
    _ channels: [String],
    _ texts: [String],
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) {
    _ = try connection.run(
      "SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) AS n (c, p)",
      [.texts(channels), .texts(texts)],
      until: deadline
    )
  }

  // MARK: Probing

  /// Notifies itself: a pooler or a half-open connection may swallow LISTEN without any error.
  private func sendProbe(_ connection: LibPQ, _ deadline: ContinuousClock.Instant) throws(PostgresFault) {
    let number = probe.withLock { probe in
      probe.sentAt = .now
      probe.sent += 1
      return probe.sent
    }
    try notify([tables.channel(of: replica)], ["probe \(number)"], connection, deadline)
  }

  private func receive(_ notification: PostgresNotification, _ notice: (Notice) -> Void) {
    if notification.payload.hasPrefix("probe ") {
      probe.withLock { probe in
        probe.answered = probe.sent
        probe.hasWorked = true
      }
    } else if let message = ReplicaMessage(notification.payload) {
      notice(.message(message))
    }
  }

  /// Whether two probes were sent and none came back.
  private var isDead: Bool { probe.withLock { $0.sent - $0.answered > 2 } }

  private func reconnect() async {
    await connection.drop()
    let hasWorked = probe.withLock { probe in
      probe.answered = probe.sent
      return probe.hasWorked
    }
    guard !hasWorked, !hasWarned.exchange(true, ordering: .relaxed) else { return }
    logger?.warning(
      """
      LISTEN doesn't get through, so what other replicas store is found by polling only. Is this a pooler in \
      transaction mode? Set listen_url to the database itself.
      """
    )
  }

  private func noteConnection(_ notice: (Notice) -> Void) {
    let count = connection.connectCount
    guard connects.exchange(count, ordering: .relaxed) != count else { return }
    if count > 1 { telemetry.countReconnect() }
    notice(.connected)
  }
}
#endif
