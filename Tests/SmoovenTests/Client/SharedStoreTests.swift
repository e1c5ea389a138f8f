import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

/// Several clients on one store, each with its own network.
///
/// They represent processes and replicas.
@Suite("Several clients on one store", .timeLimit(.minutes(1))) struct SharedStoreTests {
  let store = HookedStore()
  let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))

  /// Runs two clients on the store.
  ///
  /// The transport's callbacks arrive at the first one.
  private func withTwo<Value: Sendable>(
    _ second: MockTransport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_2")),
    configuration: SmoovenConfiguration = mockConfiguration(),
    _ body: @escaping (SmoovenClient, SmoovenClient) async throws -> Value
  ) async throws -> Value {
    let (store, transport) = (store, transport)
    return try await withMockedClient(transport, configuration: configuration, store: store) { one in
      try await withMockedClient(second, configuration: configuration, store: store) { two in
        try await until { store.isShared }
        return try await body(one, two)
      }
    }
  }

  private func impatient(_ configuration: inout SmoovenConfiguration) { configuration.retry = .never }

  private func row(_ key: String = "k") async throws -> VersionedDelivery {
    try #require(try await store.load(.idempotencyKey(key)))
  }

  @Test(
    "A client that can't connect doesn't affect one whose send is accepted",
    arguments: [true, false]
  )
  func failedNeighbor(isRefused: Bool) async throws {
    let answer =
      isRefused ? MockAnswer.refused(status: 400, code: "no") : .failure(TransportError(.notSent, "refused"))
    let second = MockTransport(secretKey: testKey, answer: answer)
    try await withTwo(second, configuration: mockConfiguration(impatient)) { one, two in
      let sent = Task { try await one.remind(key: "k") }
      try await store.idIsStored()
      let followed = Task { try await two.remind(key: "k") }
      try await two.waits(1)
      await transport.deliver(.delivered, notificationID: "ntf_1")
      let outcomes = [try await sent.value, try await followed.value]
      #expect(outcomes.map(\.isDelivered) == [true, true])
      // A third call doesn't find the key free, either.
      try await expectTrue(two.remind(key: "k").isDelivered)
    }
    #expect(transport.requestCount == 1)
    #expect(second.requestCount == 0)
    #expect(try await row().delivery.ids == ["ntf_1"])
  }

  @Test("If the first can't connect, the one that follows it sends")
  func takesOver() async throws {
    transport.script(.failure(TransportError(.notSent, "refused")))
    let second = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_2", callbacks: [.delivered]))
    try await withTwo(second, configuration: mockConfiguration(impatient)) { one, two in
      await #expect(throws: SmoovenError.self) { try await one.remind(key: "k") }
      try await expectTrue(two.remind(key: "k").isDelivered)
    }
    #expect(second.requestCount == 1)
  }

  @Test(
    "A caller that follows another has its own deadline and its own attempts, whatever becomes of the other"
  )
  func ownDeadline() async throws {
    let clock = ManualClock()
    let (releases, release) = AsyncStream<Void>.makeStream()
    let count = Watched(0)
    let answer = MockAnswer.choosing { _ in
      let isFirst = count.update { count in
        defer { count += 1 }
        return count == 0
      }
      return isFirst ? .failure(TransportError(.notSent, "refused")) : .accepted(id: "ntf_1")
    }
    let held = HeldBackTransport(releases, answer)
    let configuration = mockConfiguration(clock: clock) {
      $0.callTimeout = .seconds(60)
      $0.jitter = { 1 }
    }
    try await withSmoovenClient(configuration: configuration, transport: held, store: store) { client in
      _ = try await client.callbackURL(deadline: .seconds(3_600))
      let first = Task { try await client.remind(timeout: .seconds(3), key: "k") }
      while let timer = await clock.nextTimer(), timer != .seconds(3) {}
      let patient = Task {
        try await client.notify(
          intent: "Remind Sarah",
          context: .init(userID: "sarah@example.com"),
          idempotencyKey: "k"
        )
      }
      let impatient = Task { try await client.remind(timeout: .seconds(2), key: "k") }
      while let timer = await clock.nextTimer(), timer != .seconds(2) {}
      clock.advance(by: .seconds(2))
      #expect(try await impatient.value == .timedOut(lastKnown: .unconfirmed))
      // The next attempt of the first would begin past its deadline, so it fails.
      clock.advance(by: .milliseconds(700))
      release.yield()
      let error = await #expect(throws: SmoovenError.self) { try await first.value }
      #expect(error?.code == .connectionFailed)
      // Nothing of that is the other's, so it sends.
      release.yield()
      try await expectTrue(patient.value.id == "ntf_1")
    }
    #expect(held.sentCount == 2)
  }

  @Test("A callback that reaches one client ends the wait of the other", arguments: [nil, "k"])
  func callbackElsewhere(key: String?) async throws {
    try await withTwo { one, two in
      let outcome = Task { try await one.remind(key: key) }
      try await store.idIsStored()
      let url = try #require(transport.requests.first?.callbackURL)
      let fixture = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
      #expect(await two.receiver.status(of: fixture.request(to: url, secret: testKey)) == 200)
      try await expectTrue(outcome.value.isDelivered)
    }
  }

  @Test("A refusal that one client gets ends the calls that had joined it")
  func refusalElsewhere() async throws {
    let (releases, release) = AsyncStream<Void>.makeStream()
    let held = HeldBackTransport(releases, .refused(status: 400, code: "no"))
    let (store, configuration) = (store, mockConfiguration())
    try await withSmoovenClient(configuration: configuration, transport: held, store: store) { one in
      try await withMockedClient(transport, configuration: configuration, store: store) { two in
        try await until { store.isShared }
        let first = Task { try await one.remind(key: "k") }
        try await store.until { try await $0.load(.idempotencyKey("k"))?.delivery.claim?.isArmed == true }
        let second = Task { try await two.remind(key: "k") }
        try await two.waits(2)
        release.yield()
        for call in [first, second] {
          let error = await #expect(throws: SmoovenError.self) { try await call.value }
          #expect(error?.code == .rejected)
          #expect(error?.apiCode == "no")
        }
      }
    }
    #expect(transport.requestCount == 0)
  }

  @Test("Resuming a delivery elsewhere doesn't affect the client that waits for it")
  func resumedElsewhere() async throws {
    try await withTwo { one, two in
      let outcome = Task { try await one.remind() }
      try await store.idIsStored()
      let delivery = try #require(try await two.pendingDeliveries().first)
      do {
        let handle = try await two.resume(delivery)
        #expect(handle.id == "ntf_1")
      }
      try await until { two.receiver.tracker.slotCount == 0 }
      // Releasing a slot may begin a write.
      await two.writes.finished()
      let kept = try await store.allPending()
      #expect(kept.map(\.token) == [delivery.token])
      await transport.deliver(.delivered, notificationID: "ntf_1")
      try await expectTrue(outcome.value.isDelivered)
    }
  }

  @Test(
    "A POST under way isn't repeated, even with retriesUnclearSends and after its caller has left"
  )
  func armedIsNotUnclear() async throws {
    let (releases, release) = AsyncStream<Void>.makeStream()
    let held = HeldBackTransport(releases, .accepted(id: "ntf_1"))
    let configuration = mockConfiguration { $0.retry.retriesUnclearSends = true }
    try await withSmoovenClient(
      configuration: configuration,
      transport: held,
      store: store,
      metricsFactory: WaitGauge()
    ) { client in
      let first = Task { try await client.remind(key: "k") }
      try await held.sent(1)
      first.cancel()
      await #expect(throws: CancellationError.self) { try await first.value }
      let second = Task {
        try await client.notify(
          intent: "Remind Sarah",
          context: .init(userID: "sarah@example.com"),
          idempotencyKey: "k"
        )
      }
      try await client.waits(2)
      release.yield()
      try await expectTrue(second.value.id == "ntf_1")
    }
    #expect(held.sentCount == 1)
  }

  private func hasEvents(_ store: any DeliveryStore) async throws -> Bool {
    guard let delivery = try await store.allPending().first else { return false }
    return try await !store.events(of: delivery).isEmpty
  }

  // MARK: What is stored

  @Test("An event that met one caller's criterion isn't the end for the next caller")
  func criteria() async throws {
    transport.script(.accepted(id: "ntf_1", callbacks: [.sent]))
    try await withTwo { one, _ in
      let sent = try await one.remind(until: .matching { $0.kind == .sent }, key: "k")
      #expect(sent.event?.kind == .sent)
      #expect(try await row().delivery.verdict == nil)
      let second = Task { try await one.remind(key: "k") }
      try await one.waits(1)
      await transport.deliver(.delivered, notificationID: "ntf_1")
      #expect(try await second.value.event?.kind == .delivered)
      let third = Task { try await one.remind(until: .clicked, key: "k") }
      try await one.waits(1)
      await transport.deliver(.clicked, notificationID: "ntf_1")
      try await expectTrue(third.value.event?.kind == .clicked)
    }
    #expect(transport.requestCount == 1)
  }

  @Test("A critical failure of one channel that times out isn't a verdict, and later events count")
  func criticalFailure() async throws {
    let clock = ManualClock()
    transport.script(.accepted(id: "ntf_1", callbacks: [.failed.on(.push)]))
    try await withTwo(configuration: mockConfiguration(clock: clock)) { one, _ in
      let first = Task { try await one.remind(timeout: .seconds(3), urgency: .critical, key: "k") }
      try await store.until(hasEvents)
      try await one.waits(1)
      clock.advance(by: .seconds(3))
      guard case .timedOut(_, let channels) = try await first.value else {
        Issue.record("one channel of two decided")
        return
      }
      #expect(channels.map(\.channel) == [.push])
      #expect(try await row().delivery.verdict == nil)
      await transport.deliver(.delivered.on(.sms), notificationID: "ntf_1")
      try await expectTrue(one.remind(urgency: .critical, key: "k").isDelivered)
    }
    #expect(transport.requestCount == 1)
  }

  @Test("A delivery that is waited for over hours is stored as wanted until then", arguments: [nil, "k"])
  func wanted(key: String?) async throws {
    try await withTwo { one, _ in
      let outcome = Task { try await one.remind(timeout: .seconds(30 * 86_400), key: key) }
      try await store.until { try await $0.allPending().first?.wantedUntil != nil }
      let until = try #require(try await store.allPending().first?.wantedUntil)
      #expect(abs(until.timeIntervalSinceNow - 30 * 86_400) < 60)
      outcome.cancel()
      _ = await outcome.result
    }
  }

  @Test("Without a key, a delivery is forgotten with its last handle, and with one it's kept")
  func forgotten() async throws {
    try await withTwo { one, _ in
      for key in [nil, "k"] {
        let handle = try await one.notify(
          intent: "Remind Sarah",
          context: .init(userID: "sarah@example.com"),
          idempotencyKey: key,
          label: "reminder"
        )
        #expect(handle.id == "ntf_1")
        // The caller gets the id first, and then it's stored.
        try await store.until { try await $0.load(.id("ntf_1", group: "smooven")) != nil }
        #expect(try await one.delivery(.id("ntf_1", group: "smooven"))?.label == "reminder")
      }
      try await store.until { try await $0.allPending().count <= 1 }
      #expect(try await one.delivery(.idempotencyKey("k"))?.label == "reminder")
    }
  }

  @Test("A key whose send is unclear can be forced, and given up")
  func forced() async throws {
    transport.script(.bytes([], status: 500), .bytes([], status: 500))
    try await withTwo { one, two in
      do {
        let unclear = try await one.notify(
          intent: "Remind Sarah",
          context: .init(userID: "sarah@example.com"),
          idempotencyKey: "k"
        )
        #expect(unclear.sendError?.code == .unconfirmed)
      }
      #expect(try await two.forceResend(ofKey: "k"))
      #expect(try await two.forceResend(ofKey: "unknown") == false)
      let again = try await one.notify(
        intent: "Remind Sarah",
        context: .init(userID: "sarah@example.com"),
        idempotencyKey: "k"
      )
      #expect(again.sendError?.code == .unconfirmed)
      #expect(transport.requestCount == 2)
      #expect(try await two.giveUp(onKey: "k"))
      #expect(try await two.giveUp(onKey: "k") == false)
      guard case .failed(let event) = try await one.remind(key: "k") else {
        Issue.record("a key that was given up goes on")
        return
      }
      #expect(event.failure?.code == "given_up")
      try await expectTrue(one.pendingDeliveries().isEmpty)
    }
    #expect(transport.requestCount == 2)
  }

  // MARK: Who gets what

  @Test(
    "What another endpoint's key signed never ends a wait, and ids count only at their own endpoint"
  )
  func otherEndpoint() async throws {
    let partnerKey: Secret = "sk_test_partner_0123456789"
    let partner = try SmoovenCallbackProvider(secrets: [partnerKey], tolerance: .redelivery)
    let configuration = mockConfiguration { $0.endpoints = [CallbackEndpoint(partner, name: "partner")] }
    try await withMockedClient(transport, configuration: configuration, store: store) { client in
      var events = client.receiver.events().makeAsyncIterator()
      let outcome = Task { try await client.remind() }
      try await store.idIsStored()
      let fixture = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
      let forged = fixture.request(to: "/callbacks/partner", secret: partnerKey)
      #expect(await client.receiver.status(of: forged) == 200)
      #expect(await events.next()?.endpoint == "partner")
      #expect(client.receiver.tracker.waitCount == 1)
      let genuine = fixture.request(to: "/callbacks/smooven", secret: testKey)
      #expect(await client.receiver.status(of: genuine) == 200)
      #expect(await events.next()?.endpoint == "smooven")
      try await expectTrue(outcome.value.event?.endpoint == "smooven")
    }
  }

  @Test("A wait by id gets the callbacks that arrive at the URL of a handle")
  func byIDNextToHandle() async throws {
    try await withTwo { one, _ in
      let handle = try await one.notifySarah()
      let byID = Task { try await one.receiver.outcome(of: "smooven", id: "ntf_1", timeout: .seconds(30)) }
      let byHandle = Task { try await handle.outcome(timeout: .seconds(30)) }
      try await one.waits(2)
      let url = try #require(transport.requests.first?.callbackURL)
      await transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      #expect(try await byID.value.isDelivered)
      try await expectTrue(byHandle.value.isDelivered)
    }
  }

  @Test("In a receiver that isn't run, waits end at their deadline and say so")
  func notRun() async throws {
    let clock = ManualClock()
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smobi(), authentication: CallbackAuthentication.none)],
      clock: clock
    )
    let waits: [@Sendable () async throws -> DeliveryOutcome] = [
      { try await receiver.outcome(of: "smobi", id: "r", timeout: .seconds(5)) },
      {
        try await receiver.expect(.smobi(), publicURL: ExpectTests.publicURL, timeout: .seconds(5)) { _ in }
      },
    ]
    for wait in waits {
      let task = Task { try await wait() }
      #expect(await clock.nextTimer() == .seconds(5))
      clock.advance(by: .seconds(5))
      let error = await #expect(throws: SmoovenError.self) { try await task.value }
      #expect(error?.code == .notRunning)
    }
  }

  // MARK: Asking for the status

  @Test("A predicate is called once for each event, even if the status is queried at the deadline")
  func predicateOnce() async throws {
    let clock = ManualClock()
    transport.script(
      .accepted(id: "ntf_1", callbacks: [.queued, .sent]),
      .json(["notification_id": "ntf_1", "status": "delivered", "channel_used": "sms"])
    )
    let seen = Watched<[String]>([])
    let asking = mockConfiguration(clock: clock) { $0.reconciliationTimeout = .seconds(5) }
    try await withTwo(configuration: asking) { one, _ in
      let outcome = Task {
        try await one.remind(
          timeout: .seconds(3),
          until: .matching { event in
            seen.update { $0.append(event.name) }
            return event.kind == .clicked
          }
        )
      }
      _ = try await seen.first { $0.count >= 2 ? true : nil }
      clock.advance(by: .seconds(3))
      try await expectTrue(outcome.value == .timedOut(lastKnown: .delivered))
    }
    #expect(seen.read { $0 } == ["notification.queued", "notification.sent", "notification.delivered"])
  }

  @Test("At its start, a client asks about a pending delivery at most once a day")
  func onceADay() async throws {
    var delivery = StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: "k",
      group: "smooven",
      openedAt: Date(timeIntervalSinceNow: -3_600)
    )
    _ = delivery.accept(id: "ntf_1")
    _ = try await store.insert(delivery)
    let transport = MockTransport(
      secretKey: testKey,
      answer: .json(["notification_id": "ntf_1", "status": "sent", "channel_used": "sms"])
    )
    for (hours, count) in [(0.0, 1), (1, 1), (25, 2)] {
      let configuration = mockConfiguration {
        $0.reconciliationTimeout = .seconds(5)
        $0.now = { Date(timeIntervalSinceNow: hours * 3_600) }
      }
      let pages = Watched(0)
      let counted = HookedStore(store, before: { step in if step == .pending { pages.update { $0 += 1 } } })
      try await withMockedClient(transport, configuration: configuration, store: counted) { _ in
        // It's done with the only delivery when it reads the next page.
        try await pages.first { $0 >= 2 ? () : nil }
      }
      #expect(transport.requestCount == count)
    }
  }
}

/// A transport that sends immediately, and holds the response back until the test releases it.
final class HeldBackTransport: SmoovenTransport {
  private let releases: AsyncStream<Void>
  private let mock: MockTransport
  private let posts = Watched(0)
  var sentCount: Int { posts.read(\.self) }

  init(_ releases: AsyncStream<Void>, _ answer: MockAnswer) {
    self.releases = releases
    mock = MockTransport(secretKey: testKey, answer: answer)
  }

  /// Returns when as many requests were sent.
  func sent(_ count: Int) async throws { try await posts.first { $0 >= count ? () : nil } }

  func send(_ request: TransportRequest) async throws -> TransportResponse {
    try await request.willSend?()
    posts.update { $0 += 1 }
    for await _ in releases { break }
    return try await mock.send(
      TransportRequest(head: request.head, body: request.body, timeout: request.timeout)
    )
  }
}
