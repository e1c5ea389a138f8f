import Logging
import ServiceLifecycle
import Smooven
import SmoovenTesting
import TestSupport
import Testing

@Suite("A graceful stop with a slow store", .timeLimit(.minutes(1))) struct GracefulStopTests {
  /// Runs a client on a real port, with two notifications on their way, and a callback of the first one in its store.
  private struct Scene {
    let gate = AppendGate()
    let client: SmoovenClient
    let group: ServiceGroup
    let port: Int
    let first: NotificationHandle
    let second: NotificationHandle
    let running: Task<Void, any Error>
    let sender: GoodSender

    init(shutdownTimeout: Duration) async throws {
      let transport = MockTransport(secretKey: testKey, answer: .accepted())
      let client = try SmoovenClient(
        configuration: SmoovenConfiguration(
          secretKey: testKey,
          baseURL: "http://127.0.0.1:1",
          listener: ListenerConfiguration(shutdownTimeout: shutdownTimeout),
          reconciliationTimeout: nil
        ),
        transport: transport,
        store: gate.store(),
        metricsFactory: WaitGauge()
      )
      let group = ServiceGroup(
        services: [client],
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
      )
      running = Task { try await group.run() }
      first = try await client.notifySarah()
      second = try await client.notifySarah()
      port = try #require(try await client.listener?.address.port)
      sender = GoodSender(port: port)
      self.client = client
      self.group = group
    }

    /// Tries to connect until nothing listens anymore.
    func stoppedListening() async throws {
      try await until {
        guard let stranger = try? await Stranger(port: port) else { return true }
        await stranger.close()
        return false
      }
    }
  }

  @Test("Callbacks in flight are stored, acknowledged and delivered, and then the other waits are closed")
  func inFlight() async throws {
    let scene = try await Scene(shutdownTimeout: .seconds(3_600))
    async let outcome = scene.first.outcome(timeout: .seconds(600))
    async let closed = scene.second.outcome(timeout: .seconds(600))
    async let status = scene.sender.callBack(scene.first.id ?? "")
    try await scene.gate.reached(1)
    try await scene.client.waits(2)

    await scene.group.triggerGracefulShutdown()
    try await scene.stoppedListening()
    #expect(scene.client.receiver.tracker.waitCount == 2)

    scene.gate.open()
    let answer = try await status
    #expect(answer == 200)
    let isDelivered = try await outcome.isDelivered
    #expect(isDelivered)
    do {
      _ = try await closed
      Issue.record("a wait survived the stop")
    } catch let error as SmoovenError {
      #expect(error.code == .closed)
    }
    try await scene.running.value
    await scene.sender.close()
  }

  @Test("The stop ends at its limit, whatever the store does")
  func timeLimit() async throws {
    let scene = try await Scene(shutdownTimeout: .milliseconds(100))
    let waits = [scene.first, scene.second].map { handle in
      Task { try await handle.outcome(timeout: .seconds(600)) }
    }
    let stranger = try await Stranger(port: scene.port)
    await stranger.send(Attack.callback(scene.first.id ?? ""))
    try await scene.gate.reached(1)
    try await scene.client.waits(2)

    await scene.group.triggerGracefulShutdown()
    let statuses = try await stranger.statuses()
    #expect(statuses == [])
    try await scene.running.value
    for wait in waits {
      let error = await #expect(throws: SmoovenError.self) { try await wait.value }
      #expect(error?.code == .closed)
    }

    // A store that recovers after the end finds nothing to report to, and does no harm.
    scene.gate.open()
    let late = try await scene.client.pendingDeliveries()
    #expect(late.count == 2)
    await stranger.close()
    await scene.sender.close()
  }
}
