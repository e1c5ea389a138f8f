#if PostgresSupport
internal import Logging
internal import Smooven
internal import Synchronization

/// The connection that listens, which sends notifications for other replicas, and receives those for this one.
///
/// What is sent is collected for 10 milliseconds, and isn't part of any transaction that writes, because PostgreSQL
/// commits transactions that notify one at a time. If a notification is lost, the other replica's poll finds its
/// content.
final class ReplicaListener: Sendable {
  /// An observation of the listener.
  enum Notice: Sendable {
    /// The connection listens now, so what was stored before must be looked for once.
    case connected
    case message(ReplicaMessage)
  }

  private struct Outbox: Sendable {
    /// The maximum number of places and hashes; past it they are left to the polls of the others.
    private static let limit = 20_000

    private(set) var messages: [ReplicaID: ReplicaMessage] = [:]
    private var count = 0
    var sentAt = ContinuousClock.now

    mutating func add(_ message: ReplicaMessage, to replica: ReplicaID) {
      count += message.count
      if count > Self.limit { (messages, count) = ([:], message.count) }
      messages[replica, default: ReplicaMessage()].merge(message)
    }

    mutating func take() -> [ReplicaID: ReplicaMessage] {
      defer { (messages, count) = ([:], 0) }
      return messages
    }
  }

  private static let pause: Duration = .milliseconds(10)

  private let connection: PostgresConnection
  /// The connection that sends the probes, because those of the listening connection could come back even if no other
  /// notification does.
  private let reader: PostgresConnection
  private let tables: PostgresTables
  private let replica: ReplicaID
  private let logger: Logger?
  private let pipe: WakePipe
  private let outbox = Mutex(Outbox())
  private let probe = Mutex(ListenerProbe())
  private let connects = Atomic(0)
  private let isUnreachable = Atomic(false)
  private let isStopped = Atomic(false)

  init(
    _ address: PostgresAddress,
    tables: PostgresTables,
    replica: ReplicaID,
    reader: PostgresConnection,
    configuration: PostgresStoreConfiguration,
    telemetry: PostgresTelemetry
  ) throws(PostgresFault) {
    self.tables = tables
    self.replica = replica
    self.reader = reader
    logger = configuration.logger
    pipe = try WakePipe()
    let listen = "LISTEN \"\(tables.channel(of: replica))\""
    connection = PostgresConnection(
      address,
      name: "listener",
      timeout: configuration.timeout,
      telemetry: telemetry
    ) { connection in
      _ = try connection.run(listen, until: .now.advanced(by: configuration.timeout))
    }
  }

  /// Sends a notification to a replica soon.
  func send(_ message: ReplicaMessage, to replica: ReplicaID) {
    outbox.withLock { $0.add(message, to: replica) }
    pipe.wake()
  }

  /// Listens until stopped.
  func run(_ notice: @Sendable (Notice) -> Void) async {
    while !isStopped.load(ordering: .relaxed) {
      do {
        let found = try await connection.run { connection, deadline in try step(connection, deadline) }
        noteConnection(notice)
        for notification in found { receive(notification, notice) }
        await keepProbing()
      } catch {
        await noteFailure(error)
        // Waits until it's time to reconnect.
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
    // A new connection is probed first.
    guard self.connection.connectCount == connects.load(ordering: .relaxed) else { return [] }
    let next = try flush(connection, deadline)
    let probeAt = probe.withLock { $0.nextStep(after: .now) }
    guard !isStopped.load(ordering: .relaxed) else { return [] }
    return try connection.notifications(orWakeBy: pipe, until: min(next ?? probeAt, probeAt))
  }

  /// Sends what was collected, or returns when to do so if it's too early.
  private func flush(
    _ connection: LibPQ,
    _ deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> ContinuousClock.Instant? {
    let now = ContinuousClock.now
    let (messages, next) = outbox.withLock {
      outbox -> ([ReplicaID: ReplicaMessage], ContinuousClock.Instant?) in
      if outbox.messages.isEmpty { return ([:], nil) }
      if now - outbox.sentAt < Self.pause { return ([:], outbox.sentAt + Self.pause) }
      outbox.sentAt = now
      return (outbox.take(), nil)
    }
    var (channels, texts): ([String], [String]) = ([], [])
    for (replica, message) in messages {
      for text in message.texts {
        channels.append(tables.channel(of: replica))
        texts.append(text)
      }
    }
    guard !texts.isEmpty else { return next }
    _ = try connection.run(
      "SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) AS n (c, p)",
      [.texts(channels), .texts(texts)],
      until: deadline
    )
    return nil
  }

  // MARK: Probing

  private func keepProbing() async {
    switch probe.withLock({ $0.step(at: .now) }) {
    case .wait: break
    case .send:
      let channel = PostgresValue.text(tables.channel(of: replica))
      let isSent: Void? = try? await reader.run { connection, deadline in
        _ = try connection.run("SELECT pg_notify($1, 'probe')", [channel], until: deadline)
      }
      if isSent != nil { probe.withLock { $0.send() } }
    case .reconnect(let warning):
      await connection.drop()
      switch warning {
      case .neverWorked?:
        logger?.warning(
          """
          LISTEN doesn't get through, so what other replicas store is found by polling only. Is this a pooler in \
          transaction mode? Set listen_url to the database itself.
          """
        )
      case .stuck?:
        logger?.warning(
          """
          LISTEN doesn't get through anymore, so what other replicas store is found by polling until another connection \
          listens
          """
        )
      case nil: break
      }
    }
  }

  private func receive(_ notification: PostgresNotification, _ notice: (Notice) -> Void) {
    if notification.payload == "probe" {
      let (looks, recovers) = probe.withLock { $0.receive() }
      if recovers { logger?.notice("LISTEN gets through again") }
      if looks { notice(.connected) }
    } else if let message = ReplicaMessage(notification.payload) {
      notice(.message(message))
    }
  }

  /// Warns once if there never was a connection although the database can be reached, as with a wrong address.
  private func noteFailure(_ error: any Error) async {
    guard connection.connectCount == 0, !isUnreachable.load(ordering: .relaxed) else { return }
    let isReachable: Void? = try? await reader.run { connection, deadline in
      _ = try connection.run("SELECT 1", until: deadline)
    }
    guard isReachable != nil, !isStopped.load(ordering: .relaxed) else { return }
    isUnreachable.store(true, ordering: .relaxed)
    let failure = (error as? PostgresFault)?.error(connection.address.place)
    let detail = failure?.description ?? "\(type(of: error))"
    logger?.warning(
      "LISTEN has no connection, so what other replicas store is found by polling only",
      metadata: ["error": "\(detail)"]
    )
  }

  private func noteConnection(_ notice: (Notice) -> Void) {
    let count = connection.connectCount
    guard connects.exchange(count, ordering: .relaxed) != count else { return }
    if isUnreachable.exchange(false, ordering: .relaxed) { logger?.notice("LISTEN has a connection") }
    if probe.withLock({ $0.connect() }) { notice(.connected) }
  }
}
#endif
