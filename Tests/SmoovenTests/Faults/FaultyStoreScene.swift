import HTTPTypes
import Logging
import ServiceLifecycle
import Smooven
import SmoovenSupport
import SmoovenTesting
import Synchronization
import TestSupport

/// Clients on one store that fails, and calls that must end nevertheless.
final class FaultyStoreScene: Sendable {
  /// The end of a call, and its time.
  struct Ending: Sendable {
    let result: Result<DeliveryOutcome, any Error>

    /// Whether the caller got an error that says that nothing was sent.
    var saysNothingWasSent: Bool {
      guard case .failure(let error as SmoovenError) = result else { return false }
      return error.code == .storeFailed && error.message.contains("nothing was sent")
    }
  }

  let clock = ManualClock()
  let base: InMemoryDeliveryStore
  let faults: StoreFaults
  let transport: MockTransport
  let clients: [SmoovenClient]
  private let runs: [Task<Void, any Error>]
  private let endings = Mutex<[Ending]>([])
  private let expected = Atomic(0)
  private let begun = Watched(0)
  /// A stop that isn't a cancellation.
  private let groups: [ServiceGroup]

  /// Starts the clients.
  ///
  /// - Parameters:
  ///   - plan: What fails.
  ///   - clientCount: The number of clients on the store.
  ///   - isCallbackLost: Whether only the status endpoint reports the outcome.
  /// - Throws: Any error of creating a client.
  init(_ plan: @escaping StoreFaults.Plan, clientCount: Int = 1, isCallbackLost: Bool = false) async throws {
    let clock = clock
    faults = StoreFaults(clock: clock, plan: plan)
    base = InMemoryDeliveryStore(
      capacity: 1_000,
      retention: .seconds(27 * 3_600),
      deliveryRetention: .seconds(86_400),
      minimumWindow: .seconds(600),
      unclaimedEvents: 100,
      monotonic: { clock.now.offset }
    )
    let posted = MockAnswer.accepted(id: "ntf_1", callbacks: isCallbackLost ? [] : [.delivered.sent(.with)])
    let status = MockAnswer.json([
      "notification_id": "ntf_1", "status": "delivered", "channel_used": "sms",
    ])
    let transport = MockTransport(
      secretKey: testKey,
      answer: .choosing { $0.head.method == .get ? status : posted },
      clock: clock
    )
    self.transport = transport
    let configuration = mockConfiguration(clock: clock) {
      $0.callTimeout = .seconds(10)
      $0.reconciliationTimeout = .seconds(5)
    }
    clients = try (0..<clientCount).map { [faults, base] _ in
      try SmoovenClient(configuration: configuration, transport: transport, store: faults.store(over: base))
    }
    transport.deliverCallbacks(to: clients[0].receiver)
    groups = clients.map {
      ServiceGroup(services: [$0], logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
    runs = groups.map { group in Task { try await group.run() } }
    for client in clients { _ = try await client.callbackURL(deadline: .seconds(3_600)) }
  }

  /// The number of notifications that were sent.
  var postCount: Int { transport.requests.count { $0.head.method == .post } }

  // MARK: Calls

  /// Begins a call.
  func begin(_ call: @escaping @Sendable () async throws -> DeliveryOutcome) {
    expected.add(1, ordering: .relaxed)
    Task {
      begun.update { $0 += 1 }
      let result: Result<DeliveryOutcome, any Error>
      do { result = .success(try await call()) } catch { result = .failure(error) }
      endings.withLock { $0.append(Ending(result: result)) }
    }
  }

  /// Calls `sendAndWait`, which ends within 25 s.
  func send(_ key: String?, client index: Int = 0) {
    begin { [client = clients[index]] in try await client.remind(timeout: .seconds(20), key: key) }
  }

  /// Calls `notify` and waits, both of which end within 25 s.
  func notify(_ key: String?, client index: Int = 0) {
    begin { [client = clients[index]] in
      let handle = try await client.notify(
        intent: "Remind Sarah",
        context: .init(userID: "sarah@example.com"),
        idempotencyKey: key
      )
      return try await handle.outcome(timeout: .seconds(10))
    }
  }

  // MARK: Time

  /// Lets everything happen that can happen without time.
  func settle(_ turns: Int = 20) async {
    await giveTurns(turns)
  }

  /// Lets time pass, first a second at a time, and then in larger steps.
  func pass(_ seconds: Int) async {
    await settle(60)
    var left = seconds
    while left > 0 {
      let step = min(left, seconds - left < 5 ? 1 : max(5, seconds / 5))
      clock.advance(by: .seconds(step))
      left -= step
      await settle()
    }
  }

  /// Lets all calls run until their deadline.
  ///
  /// - Returns: How each one ended, or `nil` if one is still running.
  func endings(within seconds: Int) async throws -> [Ending]? {
    let count = expected.load(ordering: .relaxed)
    try await begun.first { $0 >= count ? () : nil }
    await pass(seconds)
    // A thread may have been paused while the clock advanced, so a call may have begun late.
    guard try await comes(true: { self.endings.withLock(\.count) == count }) else { return nil }
    return endings.withLock(\.self)
  }

  /// Waits until something is true, for at most half a minute of the clock.
  private func comes(true condition: () -> Bool) async throws -> Bool {
    for round in 1...30 {
      let limit = ContinuousClock.now + (round < 30 ? .milliseconds(50) : .seconds(5))
      try await until { condition() || ContinuousClock.now >= limit }
      if condition() { return true }
      clock.advance(by: .seconds(1))
    }
    return false
  }

  // MARK: The end

  /// Lets hanging operations continue, stops the clients, and waits for that.
  ///
  /// - Returns: Whether they stopped in time.
  func finish() async throws -> Bool {
    faults.end()
    for run in runs { run.cancel() }
    return try await stopped()
  }

  /// Stops the clients gracefully while the store fails.
  ///
  /// - Returns: Whether they stopped within the limit of 10 s.
  func stopGracefully() async throws -> Bool {
    for group in groups { await group.triggerGracefulShutdown() }
    let isStopped = try await stopped()
    faults.end()
    return isStopped
  }

  private func stopped() async throws -> Bool {
    let counter = Counter()
    for run in runs {
      Task {
        _ = await run.result
        counter.add()
      }
    }
    await pass(10)
    return try await comes(true: { counter.value == runs.count })
  }
}

private final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .relaxed) }
  func add() { count.add(1, ordering: .relaxed) }
}
