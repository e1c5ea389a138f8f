import HTTPTypes
import InMemoryTracing
import Logging
import ServiceLifecycle
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

/// Sends that are under way when the client stops.
@Suite("Sends and a stop", .timeLimit(.minutes(1))) struct StoppingSendsTests {
  /// A transport whose requests wait for their response until the test gives it.
  final class HeldTransport: SmoovenTransport {
    private struct State: Sendable {
      var sent = 0
      var answer: MockAnswer?
    }

    private let state = Watched(State())
    let mock = MockTransport(secretKey: testKey)
    var sentCount: Int { state.read(\.sent) }

    func send(_ request: TransportRequest) async throws -> TransportResponse {
      try await request.willSend?()
      state.update { $0.sent += 1 }
      let answer = try await state.first { $0.answer }
      mock.script(answer)
      return try await mock.send(
        TransportRequest(head: request.head, body: request.body, timeout: request.timeout)
      )
    }

    /// Returns when a number of requests have been sent.
    func sent(_ count: Int) async throws { try await state.first { $0.sent >= count ? () : nil } }

    func answer(_ answer: MockAnswer) { state.update { $0.answer = answer } }
  }

  /// A client in a service group that stops it, as a signal does.
  final class Service: Sendable {
    let clock = ManualClock()
    let store = HookedStore()
    let tracer = InMemoryTracer()
    private let callTimeout: Duration = .seconds(300)
    let client: SmoovenClient
    let group: ServiceGroup
    let running: Task<Void, any Error>

    init(_ transport: any SmoovenTransport, isMounted: Bool = true) async throws {
      var configuration = mockConfiguration(clock: clock) { [callTimeout] in $0.callTimeout = callTimeout }
      if !isMounted { configuration.listener = ListenerConfiguration(publicURL: "https://agent.example.com") }
      let client = try SmoovenClient(
        configuration: configuration,
        transport: transport,
        store: store,
        metricsFactory: WaitGauge(),
        tracer: tracer
      )
      let group = ServiceGroup(
        services: [client],
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
      )
      running = Task { try await group.run() }
      self.client = client
      self.group = group
      _ = try await client.callbackURL(deadline: .seconds(3_600))
    }

    func notify(_ key: String?) -> Task<NotificationHandle, any Error> {
      Task { [client] in
        try await client.notify(
          intent: "Remind Sarah",
          context: .init(userID: "sarah@example.com"),
          idempotencyKey: key
        )
      }
    }

    /// Begins a graceful stop.
    func stop() async throws {
      await group.triggerGracefulShutdown()
      try await until { client.isDraining }
    }

    /// Waits until a graceful stop waits for the sends in progress, for at most 10 s.
    func isFinishing() async {
      while let timer = await clock.nextTimer(), timer != .seconds(10) {}
    }

    /// Waits until one more call sleeps for as long as Smooven asked for.
    func isHeldBack() async {
      while let timer = await clock.nextTimer(), !(.seconds(20)..<callTimeout).contains(timer) {}
    }

    func expectClosed(_ task: Task<NotificationHandle, any Error>) async {
      let error = await #expect(throws: SmoovenError.self) { try await task.value }
      #expect(error?.code == .closed)
    }
  }

  @Test(
    "During a graceful stop, sent requests get their response, and no new ones are accepted",
    arguments: [nil, "k"],
    [true, false]
  )
  func inFlight(key: String?, isMounted: Bool) async throws {
    let transport = HeldTransport()
    let service = try await Service(transport, isMounted: isMounted)
    let call = service.notify(key)
    try await transport.sent(1)
    try await service.stop()
    await service.expectClosed(service.notify(key))
    await service.expectClosed(service.notify("other"))
    // Its caller doesn't get an error about the close while the response is on its way.
    await service.isFinishing()
    transport.answer(.accepted(id: "ntf_1"))
    #expect(try await call.value.id == "ntf_1")
    try await service.running.value
    #expect(transport.sentCount == 1)
    #expect(try await service.store.load(.id("ntf_1", group: "smooven")) != nil)
  }

  @Test(
    "Refused and unclear sends during a graceful stop are stored before the end",
    arguments: [400, 429, 500]
  )
  func refusedInFlight(status: Int) async throws {
    let transport = HeldTransport()
    let service = try await Service(transport)
    let call = service.notify("k")
    try await transport.sent(1)
    try await service.stop()
    transport.answer(.refused(status: status, code: "no"))
    _ = await call.result
    try await service.running.value
    let row = try #require(try await service.store.load(.idempotencyKey("k")))
    #expect(row.delivery.phase(at: row.time) == (status == 500 ? .unclear : .free))
    #expect((row.delivery.refusal != nil) == (status == 400))
  }

  @Test("A graceful stop waits for no response longer than its limit")
  func limit() async throws {
    let transport = HeldTransport()
    let service = try await Service(transport)
    let call = service.notify("k")
    try await transport.sent(1)
    await service.group.triggerGracefulShutdown()
    await service.isFinishing()
    service.clock.advance(by: .seconds(10))
    await service.expectClosed(call)
    try await service.running.value
    transport.answer(.accepted())
  }

  @Test("A second signal ends a graceful stop immediately")
  func secondSignal() async throws {
    let transport = HeldTransport()
    let service = try await Service(transport)
    let call = service.notify("k")
    try await transport.sent(1)
    try await service.stop()
    service.running.cancel()
    await service.expectClosed(call)
    _ = await service.running.result
    transport.answer(.accepted())
  }

  @Test(
    "A send that waits for its next attempt when the client closes is never sent",
    arguments: [nil, "k"],
    [true, false]
  )
  func backoff(key: String?, isGraceful: Bool) async throws {
    let transport = MockTransport(secretKey: testKey)
    transport.script(.refused(status: 429, code: "busy", retryAfter: 20))
    let service = try await Service(transport)
    let first = service.notify(key)
    await service.isHeldBack()
    // A second one finds the gate closed.
    let second = service.notify(key.map { "\($0)2" })
    await service.isHeldBack()
    if isGraceful {
      await service.group.triggerGracefulShutdown()
    } else {
      service.running.cancel()
    }
    for task in [first, second] { await service.expectClosed(task) }
    _ = await service.running.result
    // Past their next attempts, and before their deadlines.
    service.clock.advance(by: .seconds(100))
    try await service.tracer.sendsEnd(2)
    #expect(transport.requestCount == 1)
    // Nothing is left that would make another process wait.
    for key in [key, key.map { "\($0)2" }].compactMap(\.self) {
      let row = try #require(try await service.store.load(.idempotencyKey(key)))
      #expect(row.delivery.phase(at: row.time) == .free)
    }
  }

  @Test(
    "Writes that failed while the client was open neither keep it from closing nor continue afterwards"
  )
  func writesThatFail() async throws {
    let attempts = Watched(0)
    let store = HookedStore(before: { step in
      guard step == .load || step == .replace else { return }
      attempts.update { $0 += 1 }
      throw DeliveryStoreError(.unavailable, "planned")
    })
    let clock = ManualClock()
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    let client = try await withMockedClient(
      transport,
      configuration: mockConfiguration(clock: clock),
      store: store
    ) { client in
      let handle = try await client.notifySarah()
      #expect(handle.id == "ntf_1")
      // It's tried repeatedly while the client is open.
      while attempts.read(\.self) < 5, let timer = await clock.nextTimer() { clock.advance(by: timer) }
      return client
    }
    await client.writes.finished()
    #expect(clock.earliestTimer == nil)
  }

  @Test("A POST under a key continues if its caller is cancelled, and its id is kept")
  func callerLeaves() async throws {
    let transport = HeldTransport()
    let service = try await Service(transport)
    let call = service.notify("k")
    try await transport.sent(1)
    call.cancel()
    await #expect(throws: CancellationError.self) { try await call.value }
    let other = service.notify("k")
    try await service.client.waits(1)
    transport.answer(.accepted(id: "ntf_1"))
    #expect(try await other.value.id == "ntf_1")
    #expect(transport.sentCount == 1)
    service.running.cancel()
    _ = await service.running.result
  }

  @Test("A claim is released if its caller is cancelled before the body is sent")
  func claimGivenBack() async throws {
    let transport = MockTransport(secretKey: testKey)
    transport.script(.refused(status: 429, code: "busy", retryAfter: 20))
    let service = try await Service(transport)
    let first = service.notify("k1")
    await service.isHeldBack()
    // Held back by the gate, with its claim.
    let held = service.notify("k2")
    await service.isHeldBack()
    #expect(try await service.store.load(.idempotencyKey("k2"))?.delivery.claim != nil)
    held.cancel()
    await #expect(throws: CancellationError.self) { try await held.value }
    try await service.store.until { try await $0.load(.idempotencyKey("k2"))?.delivery.claim == nil }
    first.cancel()
    service.running.cancel()
    _ = await service.running.result
  }
}
