import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@testable import Smooven

@Suite("Pending deliveries", .timeLimit(.minutes(1))) struct PendingDeliveriesTests {
  let store = HookedStore()
  let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))

  /// Sends without a key, and stops the client while it waits.
  func sendAndStop() async throws {
    let client = try SmoovenClient(
      configuration: mockConfiguration(),
      transport: transport,
      store: store,
      metricsFactory: WaitGauge()
    )
    let running = Task { try await client.run() }
    let call = Task { try await client.remind() }
    try await client.waits(1)
    try await store.idIsStored()
    running.cancel()
    let error = try await #require(throws: SmoovenError.self) { try await call.value }
    #expect(error.code == .closed)
    _ = await running.result
  }

  func restarted<Result: Sendable>(
    reconciles: Bool = false,
    _ body: @escaping (SmoovenClient) async throws -> Result
  ) async throws -> Result {
    let configuration = mockConfiguration { $0.reconciliationTimeout = reconciles ? .seconds(5) : nil }
    return try await withMockedClient(transport, configuration: configuration, store: store, body)
  }

  @Test("A wait that was interrupted by a stop is listed, and can be continued")
  func resumed() async throws {
    try await sendAndStop()
    let outcome = try await restarted { client in
      let pending = try await client.pendingDeliveries()
      #expect(pending.map(\.ids.first) == ["ntf_1"])
      let handle = try await client.resume(try #require(pending.first))
      #expect(handle.id == "ntf_1")
      #expect(handle.sendError == nil)
      async let outcome = handle.outcome(timeout: .seconds(30))
      let url = try #require(transport.requests.first?.callbackURL)
      await transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      return try await outcome
    }
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 1)
    #expect(try await store.allPending() == [])
  }

  @Test("If a delivery can't be resumed, it's still pending")
  func failedResume() async throws {
    let store = HookedStore()
    _ = try await store.insert(StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date()))
    try await withMockedClient(transport, store: store) { client in
      let pending = try await client.pendingDeliveries()
      let delivery = try #require(pending.first)
      store.isFailing.store(true, ordering: .relaxed)
      await #expect(throws: SmoovenError.self) { _ = try await client.resume(delivery) }
      store.isFailing.store(false, ordering: .relaxed)
      try await until { client.receiver.tracker.slotCount == 0 }
      // Releasing a slot may begin a write.
      await client.writes.finished()
      let after = try await client.pendingDeliveries()
      #expect(after == pending)
    }
  }

  @Test("A callback that arrived before the delivery was resumed isn't lost")
  func callbackFirst() async throws {
    try await sendAndStop()
    let outcome = try await restarted { client in
      let url = try #require(transport.requests.first?.callbackURL)
      await transport.deliver(.sent, notificationID: "ntf_1", to: url)
      await transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      let delivery = try #require(try await client.pendingDeliveries().first)
      let handle = try await client.resume(delivery)
      #expect(handle.eventNames == ["notification.sent", "notification.delivered"])
      return try await handle.outcome(timeout: .seconds(30))
    }
    #expect(outcome.isDelivered)
  }

  @Test("If a delivery is resumed twice at the same time, both get the outcome")
  func resumedTwice() async throws {
    try await sendAndStop()
    try await restarted { client in
      let delivery = try #require(try await client.pendingDeliveries().first)
      let handles = [try await client.resume(delivery), try await client.resume(delivery)]
      async let first = handles[0].outcome(timeout: .seconds(30))
      async let second = handles[1].outcome(timeout: .seconds(30))
      let url = try #require(transport.requests.first?.callbackURL)
      await transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      let outcomes = try await [first, second]
      #expect(outcomes.map(\.isDelivered) == [true, true])
    }
  }

  @Test(
    "The status of what was lost while no process listened is queried at the start",
    arguments: ["delivered", "failed"]
  )
  func recovered(status: String) async throws {
    try await sendAndStop()
    transport.script(.json(["notification_id": "ntf_1", "status": .string(status), "channel_used": "sms"]))
    try await restarted(reconciles: true) { client in
      try await store.until { try await $0.allPending().isEmpty }
      // Its verdict is stored, so it's found by its id and no longer pending.
      let delivery = try #require(try await client.delivery(.id("ntf_1", group: "smooven")))
      let outcome = try await client.resume(delivery).outcome(timeout: .seconds(30))
      #expect(outcome.isDelivered == (status == "delivered"))
      #expect(outcome.event?.source == .statusQuery)
    }
    #expect(transport.requests.map(\.head.method) == [.post, .get])
  }

  @Test("If several clients start on one store, only one asks")
  func recoveredByOne() async throws {
    try await sendAndStop()
    transport.script(.json(["notification_id": "ntf_1", "status": "sent", "channel_used": "sms"]))
    // All have read the delivery before the first of them writes, and are done when they read the next page.
    let (writers, pages) = (Watched(0), Watched(0))
    let shared = HookedStore(store) { step in
      if step == .pending { pages.update { $0 += 1 } }
      guard step == .replace else { return }
      writers.update { $0 += 1 }
      try await writers.first { $0 >= 4 ? () : nil }
    }
    let configuration = mockConfiguration { $0.reconciliationTimeout = .seconds(5) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { [transport] in
          try await withMockedClient(transport, configuration: configuration, store: shared) { _ in
            try await pages.first { $0 >= 8 ? () : nil }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(transport.requests.map(\.head.method) == [.post, .get])
  }

  @Test("A delivery that is already waited for gets what is found out at the start")
  func recoveredWhileWaiting() async throws {
    try await sendAndStop()
    transport.script(.json(["notification_id": "ntf_1", "status": "delivered", "channel_used": "sms"]))
    let outcome = try await restarted(reconciles: true) { client in
      let delivery = try #require(try await client.delivery(.id("ntf_1", group: "smooven")))
      return try await client.resume(delivery).outcome(timeout: .seconds(30))
    }
    #expect(outcome.isDelivered)
  }

  @Test("Without reconciliation, nothing is asked")
  func notAsked() async throws {
    try await sendAndStop()
    try await restarted { client in
      await giveTurns(100)
      let pending = try await client.pendingDeliveries()
      #expect(pending.count == 1)
    }
    #expect(transport.requestCount == 1)
  }

  @Test("A store that can't be read is an error that says so")
  func unreadable() async throws {
    let store = HookedStore()
    try await withMockedClient(transport, store: store) { client in
      store.isFailing.store(true, ordering: .relaxed)
      let error = try await #require(throws: SmoovenError.self) { try await client.pendingDeliveries() }
      #expect(error.code == .storeFailed)
    }
  }

  @Test("A key that was never sent is listed, and resuming it says so")
  func neverSent() async throws {
    let lapsed = StoreInstant(epoch: "before", nanoseconds: 0)
    var free = StoredDelivery(token: DeliveryToken(), idempotencyKey: "k", group: "smooven", openedAt: Date())
    for claim in [nil, StoredDelivery.Claim(owner: "other", isArmed: false, leaseUntil: lapsed)] {
      let store = InMemoryDeliveryStore()
      free.claim = claim
      _ = try await store.insert(free)
      try await withMockedClient(transport, store: store) { client in
        let pending = try #require(try await client.pendingDeliveries().first)
        let handle = try await client.resume(pending)
        #expect(handle.sendError?.code == .neverSent && handle.status == .unconfirmed)
        #expect(handle.sendError?.isRetryable == false)
        // A call under the key sends it, and then the handle has the result.
        let sent = try await client.notify(
          intent: "Remind Sarah",
          context: .init(userID: "sarah@example.com"),
          idempotencyKey: "k"
        )
        #expect(handle.id == "ntf_1" && handle.sendError == nil && sent.id == "ntf_1")
      }
    }
    #expect(transport.requestCount == 2)
  }

  @Test("A key whose body may have been sent is unclear, and a callback proves that it was")
  func unclearKey() async throws {
    let lapsed = StoreInstant(epoch: "before", nanoseconds: 0)
    var armed = StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: "k",
      group: "smooven",
      openedAt: Date()
    )
    armed.claim = .init(owner: "other", isArmed: true, leaseUntil: lapsed)
    let free = StoredDelivery(token: DeliveryToken(), idempotencyKey: "l", group: "smooven", openedAt: Date())
    for delivery in [armed, free] { _ = try await store.insert(delivery) }
    let callback = StoredCallback(event(.sent, id: nil), token: free.token, receivedAt: Date())
    _ = try await store.append([callback])
    try await restarted { client in
      #expect(try await client.resume(armed).sendError?.code == .unconfirmed)
      let handle = try await client.resume(free)
      #expect(handle.sendError == nil && handle.eventNames == ["notification.sent"])
    }
  }

  @Test("Resuming what this client is sending doesn't end the wait for its response")
  func resumedWhileSending() async throws {
    let store = HookedStore()
    try await withMockedClient(transport, store: store) { client in
      let token = DeliveryToken()
      var claimed = StoredDelivery(token: token, idempotencyKey: "k", group: "smooven", openedAt: Date())
      claimed.claim = .init(
        owner: "other",
        isArmed: true,
        leaseUntil: StoreInstant(epoch: "process", nanoseconds: .max)
      )
      _ = try await store.insert(claimed)
      let lease = try client.receiver.tracker.reserve(token, group: "smooven")
      #expect(try await client.resume(claimed).sendError == nil)
      // This is what it was before, which a caller that joins must not mistake for a result.
      claimed.claim = nil
      #expect(try await store.replace(claimed, version: 1) == 2)
      #expect(try await client.resume(claimed).sendError == nil)
      #expect(client.receiver.tracker.snapshot(of: token)?.acceptance == .pending)
      withExtendedLifetime(lease) {}
    }
  }

  @Test(
    "A callback that arrives and concludes a delivery while it's read isn't lost",
    arguments: [HookedStore.Step.load, .watch, .callbacks]
  )
  func concludedMeanwhile(_ step: HookedStore.Step) async throws {
    let base = InMemoryDeliveryStore()
    let delivery = StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date(), ids: ["ntf_1"])
    _ = try await base.insert(delivery)
    let hasCome = Atomic(false)
    let loads = Watched(0)
    let store = HookedStore(
      base,
      before: HookedStore.counting(loads),
      after: { [transport] done in
        guard done == step, !hasCome.exchange(true, ordering: .relaxed) else { return }
        #expect(await transport.deliver(.delivered, notificationID: "ntf_1") == .ok)
        let row = try #require(try await base.load(.token(delivery.token)))
        var concluded = row.delivery
        let event = try #require(try await base.events(of: concluded).first)
        concluded.verdict = .delivered(event)
        #expect(try await base.replace(concluded, version: row.version) != nil)
      }
    )
    let configuration = mockConfiguration { $0.reconciliationTimeout = nil }
    try await withMockedClient(transport, configuration: configuration, store: store) { client in
      let handle = try await client.resume(delivery)
      #expect(handle.eventNames == ["notification.delivered"])
      // Before the log was read, and after it.
      #expect(loads.read(\.self) == 2)
      #expect(try await handle.outcome(timeout: .seconds(30)).isDelivered)
    }
    let wasDelivered = hasCome.load(ordering: .relaxed)
    #expect(wasDelivered)
  }

  @Test("Only a key that is claimed and not accepted can be freed by force")
  func forced() async throws {
    let lapsed = StoreInstant(epoch: "before", nanoseconds: 0)
    for (phase, isFreed) in [("free", false), ("unclear", true), ("accepted", false)] {
      var delivery = StoredDelivery(
        token: DeliveryToken(),
        idempotencyKey: phase,
        group: "smooven",
        openedAt: Date(),
        ids: phase == "accepted" ? ["ntf_0"] : []
      )
      if phase != "free" { delivery.claim = .init(owner: "other", isArmed: true, leaseUntil: lapsed) }
      _ = try await store.insert(delivery)
      try await restarted { client in
        let result = try await client.forceResend(ofKey: phase)
        #expect(result == isFreed, "\(phase)")
      }
    }
  }
}
