import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@testable import Smooven

@Suite("sendAndWait", .timeLimit(.minutes(1))) struct SendAndWaitTests {
  @Test("Delivers, whenever the callback arrives", arguments: [MockCallback.Timing.before, .with, .after])
  func timings(timing: MockCallback.Timing) async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .accepted(
        id: "ntf_1",
        callbacks: [.queued.sent(timing), .sent.sent(timing), .delivered.sent(timing)]
      )
    )
    let outcome = try await withMockedClient(transport) { client in
      let outcome = try await client.remind()
      #expect(client.receiver.tracker.slotCount == 0)
      return outcome
    }
    #expect(outcome.isDelivered)
    #expect(outcome.event?.correlationIDs == ["ntf_1"])
    #expect(outcome.event?.channel == .sms)
    #expect(outcome.event?.source == .callback)
  }

  @Test("A wait without a key has removed its row when it returns, and another caller's hold keeps the row")
  func removesItsRow() async throws {
    let steps = Watched<[HookedStore.Step]>([])
    let store = HookedStore(before: { step in steps.update { $0.append(step) } })
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    try await withMockedClient(transport, store: store) { client in
      for isHeld in [false, true] {
        let sent = transport.requestCount
        async let outcome = client.remind()
        try await store.idIsStored()
        try await transport.waitForRequests(sent + 1)
        let row = try #require(try await store.base.allPending().first)
        let other = isHeld ? try await client.resume(row) : nil
        steps.update { $0 = [] }
        let url = try #require(transport.requests.last?.callbackURL)
        await transport.deliver(.delivered, notificationID: "ntf_1", to: url)
        #expect(try await outcome.isDelivered)
        let left = try await store.base.load(.token(row.token))?.delivery
        #expect((left != nil) == isHeld && left?.isPending != true)
        // The verdict of a row that goes anyway isn't stored before that.
        #expect(steps.read { $0.contains(.replace) } == isHeld)
        withExtendedLifetime(other) {}
      }
    }
  }

  @Test("A response that arrives while the row is removed leaves no row behind")
  func responseWhileRemoving() async throws {
    let client = Watched<SmoovenClient?>(nil)
    let isReleased = Watched(false)
    let isRemoving = Atomic(false)
    let store = HookedStore(after: { step in
      // The first reading after the callback. What the send still does is done before the row is removed.
      guard step == .load, isRemoving.exchange(false, ordering: .relaxed) else { return }
      isReleased.update { $0 = true }
      await client.read(\.self)?.sends.finished()
    })
    let mock = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    let transport = SlowTransport(mock: mock, isReleased: isReleased)
    try await withSmoovenClient(configuration: mockConfiguration(), transport: transport, store: store) {
      opened in
      client.update { $0 = opened }
      mock.deliverCallbacks(to: opened.receiver)
      async let outcome = opened.remind()
      try await mock.waitForRequests(1)
      let url = try #require(mock.requests.first?.callbackURL)
      isRemoving.store(true, ordering: .relaxed)
      await mock.deliver(.delivered, notificationID: "ntf_1", to: url)
      #expect(try await outcome.isDelivered)
      #expect(try await store.base.usage()?.deliveries == 0)
    }
  }

  /// Holds responses back until they're released.
  private struct SlowTransport: SmoovenTransport {
    let mock: MockTransport
    let isReleased: Watched<Bool>

    func send(_ request: TransportRequest) async throws -> TransportResponse {
      let response = try await mock.send(request)
      try await isReleased.first { $0 ? () : nil }
      return response
    }
  }

  @Test("The request is what Smooven documents")
  func request() async throws {
    let transport = MockTransport(secretKey: testKey)
    _ = try await withMockedClient(transport) { client in
      try await client.sendAndWait(
        intent: "Remind Sarah",
        urgency: .high,
        context: .init(
          userID: "sarah@example.com",
          ["appointment_id": "apt_123", "n": 2, "nested": ["a": [1, .null]]]
        ),
        timeout: .seconds(30)
      )
    }
    let request = try #require(transport.requests.first)
    #expect(request.head.method == .post)
    #expect(request.head.scheme == "https")
    #expect(request.head.authority == "api.smooven.io")
    #expect(request.head.path == "/v1/agent/notify")
    #expect(request.head.headerFields[.authorization] == "Bearer sk_test_0123456789")
    #expect(request.head.headerFields[.contentType] == "application/json")
    #expect(request.json["intent"] == "Remind Sarah")
    #expect(request.json["urgency"] == "high")
    #expect(
      request.json["context"]
        == [
          "user_id": "sarah@example.com", "appointment_id": "apt_123", "n": 2, "nested": ["a": [1, .null]],
        ]
    )
    let url = try #require(request.callbackURL)
    let pattern = #/https://agent\.example\.com/hooks/callbacks/smooven/[0-9a-f]{32}/#
    #expect(url.wholeMatch(of: pattern) != nil)
  }

  @Test("Fails with the failure's reason and code", arguments: ["failed", "undelivered"])
  func failed(status: String) async throws {
    let failed = MockCallback("notification.failed", status: status)
    let transport = MockTransport(secretKey: testKey, answer: .accepted(callbacks: [.sent, failed]))
    let outcome = try await withMockedClient(transport) { try await $0.remind() }
    guard case .failed(let event) = outcome else {
      Issue.record("expected failed, got \(outcome)")
      return
    }
    #expect(event.failure?.code == status)
  }

  @Test("Fallback is progress")
  func fallback() async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .accepted(callbacks: [.fallback.on(.rcs), .delivered.on(.sms)])
    )
    let outcome = try await withMockedClient(transport) { try await $0.remind() }
    #expect(outcome.event?.channel == .sms)
  }

  @Test(
    "Waits for more than delivery",
    arguments: zip(
      [DeliveryCriterion.opened, .clicked, .matching { $0.name == "notification.clicked" }],
      ["notification.opened", "notification.clicked", "notification.clicked"]
    )
  )
  func until(criterion: DeliveryCriterion, name: String) async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .accepted(callbacks: [.queued, .delivered, .opened, .clicked])
    )
    let outcome = try await withMockedClient(transport) { try await $0.remind(until: criterion) }
    #expect(outcome.isDelivered)
    #expect(outcome.event?.name == name)
  }

  @Test("A failure ends a wait for a predicate, too")
  func predicateFails() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(callbacks: [.sent, .failed]))
    let outcome = try await withMockedClient(transport) { client in
      try await client.remind(until: .matching { $0.kind == .clicked })
    }
    #expect(!outcome.isDelivered)
    #expect(outcome.event?.kind == .failed)
  }

  @Test("Times out with the last known status", arguments: [[], [MockCallback.queued], [.queued, .sent]])
  func timesOut(callbacks: [MockCallback]) async throws {
    let clock = ManualClock()
    let transport = MockTransport(
      secretKey: testKey,
      answer: .accepted(callbacks: callbacks.map { $0.sent(.before) })
    )
    let outcome = try await withMockedClient(transport, configuration: mockConfiguration(clock: clock)) {
      client in
      let handle = try await client.notifySarah()
      // All callbacks have arrived before the wait begins.
      var events = handle.events.makeAsyncIterator()
      for _ in callbacks { _ = await events.next() }
      async let outcome = handle.outcome(timeout: .seconds(10))
      while let timer = await clock.nextTimer(), timer != .seconds(10) {}
      clock.advance(by: .seconds(10))
      return try await outcome
    }
    let known: DeliveryStatus = callbacks.last?.event == "notification.sent" ? .sent : .queued
    #expect(outcome == .timedOut(lastKnown: known))
  }

  @Test("A critical notification survives the failure of one channel")
  func critical() async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .accepted(callbacks: [.failed.on(.sms), .delivered.on(.push)])
    )
    let outcome = try await withMockedClient(transport) { try await $0.remind(urgency: .critical) }
    #expect(outcome.isDelivered)
    #expect(outcome.event?.channel == .push)
  }

  @Test("Direct channels accept every documented field")
  func direct() async throws {
    let transport = MockTransport(secretKey: testKey)
    let request = NotifyRequest(
      channel: .push,
      to: "ply_1",
      message: "Hello",
      urgency: .low,
      senderID: "Clinic",
      fallback: true,
      push: PushOptions(
        title: "T",
        body: "B",
        icon: "i",
        image: "m",
        deepLink: "app://x",
        badge: 1,
        sound: "s",
        ttl: 60,
        actions: [.init(id: "yes", title: "Yes")]
      ),
      rcs: RCSOptions(cards: [["title": "c"]], buttons: [["text": "b"]]),
      email: EmailOptions(from: "a@b.c", subject: "s", html: "<p>", templateID: "t", variables: ["v": 1]),
      inapp: InAppOptions(type: "banner", title: "t", body: "b", action: ["url": "u"])
    )
    _ = try await withMockedClient(transport) { try await $0.sendAndWait(request, timeout: .seconds(30)) }
    var json = try #require(transport.requests.first?.json.objectValue)
    json["callback_url"] = nil
    #expect(
      json == [
        "channel": "push", "to": "ply_1", "message": "Hello", "urgency": "low", "sender_id": "Clinic",
        "fallback": true,
        "push": [
          "title": "T", "body": "B", "icon": "i", "image": "m", "deep_link": "app://x", "badge": 1,
          "sound": "s",
          "ttl": 60, "actions": [["id": "yes", "title": "Yes"]],
        ],
        "rcs": ["cards": [["title": "c"]], "buttons": [["text": "b"]]],
        "email": [
          "from": "a@b.c", "subject": "s", "html": "<p>", "template_id": "t", "variables": ["v": 1],
        ],
        "inapp": ["type": "banner", "title": "t", "body": "b", "action": ["url": "u"]],
      ]
    )
  }

  @Test("A handle watches every callback, several times over")
  func events() async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .accepted(callbacks: [.queued, .sent, .delivered, .opened])
    )
    let names = try await withMockedClient(transport) { client in
      let handle = try await client.notifySarah()
      _ = try await handle.outcome(timeout: .seconds(30), until: .opened)
      var all: [[String]] = []
      for _ in 0..<2 {
        var names: [String] = []
        for await event in handle.events {
          names.append(event.name)
          if names.count == 4 { break }
        }
        all.append(names)
      }
      #expect(handle.status == .opened)
      #expect(handle.eventNames == all[0])
      return all
    }
    let expected = ["queued", "sent", "delivered", "opened"].map { "notification.\($0)" }
    #expect(names == [expected, expected])
  }

  @Test("A notification without a wait leaves no slot")
  func fireAndForget() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    try await withMockedClient(transport) { client in
      var handle: NotificationHandle? = try await client.notifySarah()
      #expect(handle?.id == "ntf_1")
      #expect(handle?.receipt?.status == .queued)
      #expect(client.receiver.tracker.slotCount == 1)
      let late = client.receiver.unmatchedEvents()
      let url = try #require(transport.requests.first?.callbackURL)
      handle = nil
      #expect(client.receiver.tracker.slotCount == 0)
      let status = await transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      #expect(status == .ok)
      var iterator = late.makeAsyncIterator()
      #expect(await iterator.next()?.correlationIDs == ["ntf_1"])
    }
  }

  @Test("Callbacks at the dashboard's URL find their wait by id, early or not", arguments: [true, false])
  func defaultURL(early: Bool) async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    try await withMockedClient(transport) { client in
      // While any send waits for its response, an event with an unknown id may belong to it.
      let sending = try client.receiver.tracker.reserve(DeliveryToken(), group: "smooven")
      if early { await transport.deliver(.delivered, notificationID: "ntf_1") }
      let handle = try await client.notifySarah()
      if !early { await transport.deliver(.delivered, notificationID: "ntf_1") }
      let outcome = try await handle.outcome(timeout: .seconds(30))
      #expect(outcome.isDelivered)
      #expect(client.receiver.tracker.snapshot(of: sending.token)?.eventNames == [])
    }
  }

  @Test("Without a send under way, an event with an unknown id belongs to no wait")
  func nobodySends() async throws {
    let transport = MockTransport(secretKey: testKey)
    try await withMockedClient(transport) { client in
      var unmatched = client.receiver.unmatchedEvents().makeAsyncIterator()
      await transport.deliver(.delivered, notificationID: "ntf_elsewhere")
      #expect(await unmatched.next()?.correlationIDs == ["ntf_elsewhere"])
    }
  }
}
