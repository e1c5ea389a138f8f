import Foundation
import InMemoryTracing
import Smooven
import SmoovenTesting
import TestSupport
import Testing

/// A store that doesn't respond adds nothing to a timeout.
@Suite("A store that hangs", .timeLimit(.minutes(1))) struct HangingStoreTests {
  let clock = ManualClock()
  let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
  let tracer = InMemoryTracer()

  /// Runs a client on a store in which operations hang from now on.
  private func withClient<Value: Sendable>(
    hanging steps: Set<HookedStore.Step>,
    base: InMemoryDeliveryStore = InMemoryDeliveryStore(),
    reconciles: Bool = false,
    _ body: @escaping (SmoovenClient) async throws -> Value
  ) async throws -> Value {
    let faults = StoreFaults(clock: clock) { moment in
      steps.contains(moment.step) && !moment.isAfterwards ? .hanging : nil
    }
    let configuration = mockConfiguration(clock: clock) {
      $0.callTimeout = .seconds(10)
      $0.reconciliationTimeout = reconciles ? .seconds(5) : nil
    }
    return try await withMockedClient(
      transport,
      configuration: configuration,
      store: faults.store(over: base),
      tracer: tracer
    ) { client in
      defer { faults.end() }
      return try await body(client)
    }
  }

  /// Advances the clock to a moment at which something sleeps.
  private func advance(to moment: Duration) async {
    while let timer = await clock.nextTimer(), clock.now.offset + timer != moment {}
    clock.advance(by: moment - clock.now.offset)
  }

  @Test(
    "A send under a key ends at its deadline, and says that nothing was sent",
    arguments: [
      HookedStore.Step.time, .insert,
    ]
  )
  func keyedSend(step: HookedStore.Step) async throws {
    try await withClient(hanging: [step]) { [self] client in
      async let outcome = client.remind(timeout: .seconds(3), key: "k")
      await advance(to: .seconds(3))
      do {
        _ = try await outcome
        Issue.record("a send without a store succeeded")
      } catch let error as SmoovenError {
        #expect(error.code == .storeFailed)
        #expect(error.message.contains("nothing was sent"))
      }
      #expect(transport.requestCount == 0)
    }
    // The hanging operation has continued, and had no effect.
    #expect(transport.requestCount == 0)
  }

  @Test("notify without a key ends at the call timeout, and nothing is sent afterwards")
  func notifyWithoutKey() async throws {
    let handle = try await withClient(hanging: [.insert]) { [self] client in
      async let handle = client.notifySarah()
      await advance(to: .seconds(10))
      return try await handle
    }
    #expect(handle.id == nil)
    try await tracer.sendsEnd(1)
    #expect(transport.requestCount == 0)
  }

  @Test("Reading the row of a key ends at the call timeout, and its error says what couldn't be read")
  func rowOfKey() async throws {
    try await withClient(hanging: [.load]) { [self] client in
      async let row = client.row(ofKey: "k")
      await advance(to: .seconds(10))
      do {
        _ = try await row
        Issue.record("a row was read without a store")
      } catch let error as SmoovenError {
        #expect(error.code == .storeFailed)
        #expect(error.message == "the stored deliveries could not be read in time")
      }
    }
  }

  @Test(
    "Storing the verdict and removing an unreachable row don't delay an outcome",
    arguments: [HookedStore.Step.replace, .remove]
  )
  func verdict(step: HookedStore.Step) async throws {
    transport.script(.accepted(id: "ntf_1", callbacks: [.delivered.sent(.with)]))
    let outcome = try await withClient(hanging: [step]) { [self] client in
      async let outcome =
        step == .remove
        ? client.remind(timeout: .seconds(3_600)) : client.notifySarah().outcome(timeout: .seconds(3_600))
      // The call waits for a second.
      await advance(to: .seconds(1))
      return try await outcome
    }
    #expect(outcome.isDelivered)
  }

  @Test("Recording that a delivery is needed for long doesn't delay its wait")
  func wanted() async throws {
    let outcome = try await withClient(hanging: [.load]) { [self] client in
      let handle = try await client.notifySarah()
      async let outcome = handle.outcome(timeout: .seconds(86_400))
      try await client.waits(1)
      clock.advance(by: .seconds(86_400))
      return try await outcome
    }
    #expect(outcome == .timedOut(lastKnown: .queued))
  }

  @Test("Storing the result of a status query takes no longer than the query may")
  func statusQuery() async throws {
    transport.script(
      .accepted(id: "ntf_1"),
      .json(["notification_id": "ntf_1", "status": "delivered", "channel_used": "sms"])
    )
    let outcome = try await withClient(hanging: [.append], reconciles: true) { [self] client in
      let handle = try await client.notifySarah()
      async let outcome = handle.outcome(timeout: .seconds(3))
      await advance(to: .seconds(3))
      await advance(to: .seconds(8))
      return try await outcome
    }
    #expect(outcome == .timedOut(lastKnown: .delivered))
  }

  @Test("Reading, resuming, giving up and forcing end at the call timeout")
  func reading() async throws {
    let base = InMemoryDeliveryStore()
    let delivery = StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: "k",
      group: "smooven",
      openedAt: Date()
    )
    _ = try await base.insert(delivery)
    try await withClient(hanging: [.pending, .load, .callbacks], base: base) { [self] client in
      let calls: [@Sendable () async throws -> Void] = [
        { _ = try await client.pendingDeliveries() },
        { _ = try await client.delivery(.idempotencyKey("k")) },
        { _ = try await client.resume(delivery) },
        { _ = try await client.forceResend(ofKey: "k") },
        { _ = try await client.giveUp(onKey: "k") },
      ]
      for call in calls {
        let end = clock.now.offset + .seconds(10)
        let task = Task { try await call() }
        await advance(to: end)
        let error = await #expect(throws: SmoovenError.self) { try await task.value }
        #expect(error?.code == .storeFailed)
        let cancelled = Task { try await call() }
        _ = await clock.nextTimer()
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
      }
    }
  }

  @Test("A wait by an id ends at its timeout")
  func outcomeByID() async throws {
    let base = InMemoryDeliveryStore()
    // A second client shares the store, so that the first one reads it.
    try await withMockedClient(MockTransport(secretKey: testKey), store: base) { [self] _ in
      try await withClient(hanging: [.callbacks], base: base) { [self] client in
        try await until { base.isShared }
        async let outcome = client.receiver.outcome(of: "smooven", id: "ntf_1", timeout: .seconds(3))
        await advance(to: .seconds(3))
        try await expectTrue(outcome == .timedOut(lastKnown: .unconfirmed))
      }
    }
  }

  @Test("The body of expect is cancelled at the deadline, and the wait ends then")
  func expectBody() async throws {
    try await withReceiver { receiver, clock in
      let (ends, end) = AsyncStream<Bool>.makeStream()
      async let outcome = receiver.expect(
        .smobi(),
        publicURL: ExpectTests.publicURL,
        timeout: .seconds(30)
      ) { _ in
        for await _ in AsyncStream<Void>.makeStream().stream {}
        end.yield(Task.isCancelled)
      }
      #expect(await clock.nextTimer() == .seconds(30))
      clock.advance(by: .seconds(30))
      try await expectTrue(outcome == .timedOut(lastKnown: .unconfirmed))
      var iterator = ends.makeAsyncIterator()
      #expect(await iterator.next() == true)
    }
  }

  @Test("The body of expect may ignore that it's cancelled")
  func stubbornExpectBody() async throws {
    try await withReceiver { receiver, clock in
      let (releases, release) = AsyncStream<Void>.makeStream()
      async let outcome = receiver.expect(
        .smobi(),
        publicURL: ExpectTests.publicURL,
        timeout: .seconds(30)
      ) { _ in
        await Task { for await _ in releases {} }.value
      }
      #expect(await clock.nextTimer() == .seconds(30))
      clock.advance(by: .seconds(30))
      try await expectTrue(outcome == .timedOut(lastKnown: .unconfirmed))
      release.finish()
    }
  }
}
