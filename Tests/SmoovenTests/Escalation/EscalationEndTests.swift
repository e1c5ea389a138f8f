import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

/// What an escalation does with what is still under way when it ends, or can no longer succeed.
@Suite("The end of an escalation", .timeLimit(.minutes(1))) struct EscalationEndTests {
  let clock = ManualClock()
  let posts = Watched<[String]>([])

  func configuration(_ change: (inout SmoovenConfiguration) -> Void = { _ in }) -> SmoovenConfiguration {
    mockConfiguration(clock: clock) {
      $0.jitter = { 1 }
      change(&$0)
    }
  }

  /// Waits until a timer is set that another one doesn't hide.
  func timer(_ time: Duration) async {
    while let timer = await clock.nextTimer(), timer != time {}
  }

  /// Waits until several timers are set, in any order.
  func timers(_ times: Duration...) async {
    var missing = times
    while !missing.isEmpty, let timer = await clock.nextTimer() {
      if let index = missing.firstIndex(of: timer) { missing.remove(at: index) }
    }
  }

  @Test("A message that was held back isn't sent once a later step has won, wherever that is known")
  func laterWinner() async throws {
    let memory = InMemoryDeliveryStore()
    let transport = EscalationTests.transport(posts: posts)
    try await withMockedClient(transport, configuration: configuration(), store: memory) {
      [clock, posts] client in
      let steps = [
        EscalationTests.step("unreachable", after: .milliseconds(100)), EscalationTests.step("bob"),
      ]
      let task = Task {
        try await client.escalate(EscalationPolicy(steps, deadline: .seconds(900)), idempotencyKey: "k")
      }
      await timers(.milliseconds(100), .milliseconds(500))
      clock.advance(by: .milliseconds(100))
      try await posts.first { $0.last == "bob" ? () : nil }
      // As if another process had received it.
      let row = try #require(try await memory.load(.idempotencyKey("k\u{1F}1")))
      let delivered = StoredCallback(
        event(.delivered, id: "ntf_bob"),
        token: row.delivery.token,
        receivedAt: Date()
      )
      _ = try await memory.append([delivered])
      clock.advance(by: .milliseconds(400))
      let result = try await task.value
      #expect(result.step == 1)
      #expect(result.outcome.isDelivered)
    }
    #expect(posts.read(\.self) == ["unreachable", "bob"])
  }

  @Test("Once a message has won, the sends that have begun are ended")
  func sendsEnd() async throws {
    let transport = EscalationTests.transport(["bob": [.delivered]], posts: posts)
    try await withMockedClient(transport, configuration: configuration()) { [clock, posts] client in
      let steps = [
        EscalationTests.step("unreachable", after: .milliseconds(100)), EscalationTests.step("bob"),
      ]
      let task = Task { try await client.escalate(EscalationPolicy(steps, deadline: .seconds(900))) }
      // Until the next step, and until the next attempt.
      await timers(.milliseconds(100), .milliseconds(500))
      clock.advance(by: .milliseconds(100))
      try await expectTrue(task.value.step == 1)
      #expect(clock.earliestTimer.map { $0 > .milliseconds(500) } ?? true, "an attempt is still to come")
      #expect(posts.read(\.self) == ["unreachable", "bob"])
    }
  }

  @Test("A failure that only the status reports counts", arguments: [true, false])
  func failureByStatus(isOnlyStep: Bool) async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .choosing { request in
        if request.head.method == .post {
          return .accepted(id: "ntf_\(EscalationTests.recipient(request))", callbacks: [.queued])
        }
        let id = request.head.path?.split(separator: "/").last.map(String.init) ?? ""
        let status: JSONValue = id == "ntf_sarah" ? "failed" : "sent"
        return .json(["notification_id": .string(id), "status": status, "channel_used": "sms"])
      }
    )
    let configuration = configuration { $0.reconciliationTimeout = .seconds(5) }
    try await withMockedClient(transport, configuration: configuration) { [clock] client in
      var seen = client.receiver.events().makeAsyncIterator()
      let names = isOnlyStep ? ["sarah"] : ["sarah", "bob"]
      let steps = names.map { EscalationTests.step($0, after: .seconds(1)) }
      let task = Task { try await client.escalate(EscalationPolicy(steps, deadline: .seconds(900))) }
      for name in names {
        #expect(await seen.next()?.kind == .queued)
        // Until the next step is planned.
        if name != names.last { await timer(.seconds(1)) }
        clock.advance(by: .seconds(1))
      }
      clock.advance(by: .seconds(900))
      // What is asked at the deadline may sleep first, so as not to ask about everything in the same moment.
      let driver = Task { while let timer = await clock.nextTimer() { clock.advance(by: timer) } }
      defer { driver.cancel() }
      let outcome = try await task.value.outcome
      switch outcome {
      case .failed(let event): #expect(isOnlyStep && event.source == .statusQuery)
      default: #expect(!isOnlyStep && outcome == .timedOut(lastKnown: .queued))
      }
    }
  }

  @Test("After the grace period the next step begins, and the message may still win")
  func grace() async throws {
    let transport = EscalationTests.transport(["sarah": [.failed.on(.push)]], posts: posts)
    let configuration = configuration { $0.criticalGracePeriod = .seconds(10) }
    try await withMockedClient(transport, configuration: configuration) { [clock, posts] client in
      let critical = EscalationStep.notify(
        .user("sarah", "Down", urgency: .critical),
        advanceAfter: .seconds(600),
        until: .delivered
      )
      let policy = EscalationPolicy([critical, EscalationTests.step("bob")], deadline: .seconds(900))
      let task = Task { try await client.escalate(policy) }
      await timer(.seconds(10))
      clock.advance(by: .seconds(10))
      try await posts.first { $0.last == "bob" ? () : nil }
      await transport.deliver(.delivered.on(.sms), notificationID: "ntf_sarah")
      let result = try await task.value
      #expect(result.step == 0)
      #expect(result.outcome.isDelivered)
    }
  }

  @Test("A message whose wait ended without an outcome hasn't failed, so neither has the escalation")
  func graceOfLast() async throws {
    let transport = EscalationTests.transport(["sarah": [.failed.on(.push)]])
    let configuration = configuration { $0.criticalGracePeriod = .seconds(10) }
    try await withMockedClient(transport, configuration: configuration) { [clock] client in
      let critical = EscalationStep.notify(
        .user("sarah", "Down", urgency: .critical),
        advanceAfter: .seconds(600),
        until: .delivered
      )
      let task = Task { try await client.escalate(EscalationPolicy([critical], deadline: .seconds(900))) }
      await timer(.seconds(10))
      clock.advance(by: .seconds(10))
      let outcome = try await task.value.outcome
      guard case .timedOut = outcome else { return #expect(Bool(false), "\(outcome)") }
    }
  }

  @Test("If only a status could show the outcome, the next step begins immediately after a lost response")
  func unclearWhilePolling() async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .choosing { request in
        if request.head.method == .get {
          return .json(["notification_id": "ntf_bob", "status": "delivered", "channel_used": "sms"])
        }
        return EscalationTests.recipient(request) == "sarah"
          ? .failure(TransportError(.noResponse, "cut")) : .accepted(id: "ntf_bob")
      }
    )
    let configuration = SmoovenConfiguration(
      secretKey: testKey,
      tracking: .polling(.init(initialInterval: .milliseconds(2), maximumInterval: .milliseconds(10))),
      reconciliationTimeout: nil
    )
    try await withMockedClient(transport, configuration: configuration) { client in
      let steps = ["sarah", "bob"].map { EscalationTests.step($0) }
      let result = try await client.escalate(EscalationPolicy(steps, deadline: .seconds(900)))
      #expect(result.step == 1)
    }
  }

  @Test("A step's code that ignores its cancellation delays neither the deadline nor a cancellation")
  func stubbornCode() async throws {
    let isReleased = Watched(false)
    let transport = EscalationTests.transport()
    try await withMockedClient(transport) { client in
      let stubborn: EscalationRun = { _ in
        _ = await Task { try? await isReleased.first { $0 ? true : nil } }.value
        return .timedOut(lastKnown: .sent)
      }
      defer { isReleased.update { $0 = true } }
      let policy = EscalationPolicy(
        [.run("stubborn", advanceAfter: .seconds(1))],
        deadline: .milliseconds(20)
      )
      let outcome = try await client.escalate(policy, runs: ["stubborn": stubborn]).outcome
      #expect(outcome == .timedOut(lastKnown: .unconfirmed))
    }
  }

  @Test("All notified recipients learn at the same time that it's settled")
  func toldTogether() async throws {
    let posts = posts
    let transport = MockTransport(
      secretKey: testKey,
      answer: .choosing { request in
        let name = EscalationTests.recipient(request)
        posts.update { $0.append(name) }
        if request.json["intent"] == "Settled." { return .nothing() }
        return .accepted(id: "ntf_\(name)", callbacks: name == "c" ? [.delivered] : [])
      },
      clock: clock
    )
    try await withMockedClient(transport, configuration: configuration()) { [clock] client in
      var policy = EscalationPolicy(
        ["a", "b", "c"].map { EscalationTests.step($0, after: .seconds(1)) },
        deadline: .seconds(900)
      )
      policy.onSettled = "Settled."
      let task = Task { [policy] in try await client.escalate(policy) }
      for count in 1...2 {
        try await posts.first { $0.count == count ? () : nil }
        clock.advance(by: .seconds(1))
      }
      // Neither gets a response.
      try await posts.first { $0.count == 5 ? () : nil }
      for _ in 0..<2 { await timer(.seconds(10)) }
      clock.advance(by: .seconds(30))
      #expect(try await task.value.step == 2)
    }
    #expect(posts.read { $0.suffix(2).sorted() } == ["a", "b"])
  }

  @Test("A message that was never sent delays neither the end nor the messages that say it's settled")
  func neverSent() async throws {
    let transport = EscalationTests.transport(["bob": [.delivered]], posts: posts)
    try await withMockedClient(transport, configuration: configuration()) { [clock, posts] client in
      var policy = EscalationPolicy(
        [EscalationTests.step("unreachable", after: .milliseconds(100)), EscalationTests.step("bob")],
        deadline: .seconds(900)
      )
      policy.onSettled = "Settled."
      let task = Task { [policy] in try await client.escalate(policy) }
      // Until the next step, and until the next attempt.
      await timers(.milliseconds(100), .milliseconds(500))
      clock.advance(by: .milliseconds(100))
      // Without more time.
      try await expectTrue(task.value.step == 1)
      #expect(posts.read(\.self) == ["unreachable", "bob"])
    }
  }

  /// Holds back the response to the message of one recipient.
  private struct SlowTransport: SmoovenTransport {
    let mock: MockTransport
    let slow: String
    let isReleased = Watched(false)

    func send(_ request: TransportRequest) async throws -> TransportResponse {
      let response = try await mock.send(request)
      if mock.requests.last.map(EscalationTests.recipient) == slow {
        try await isReleased.first { $0 ? () : nil }
      }
      return response
    }
  }

  @Test("A recipient learns that it's settled even if the response to the message arrives later")
  func toldAfterResponse() async throws {
    let mock = EscalationTests.transport(["bob": [.delivered]], posts: posts)
    let transport = SlowTransport(mock: mock, slow: "sarah")
    try await withSmoovenClient(configuration: configuration(), transport: transport) {
      [clock, posts] client in
      mock.deliverCallbacks(to: client.receiver)
      var policy = EscalationPolicy(
        [EscalationTests.step("sarah", after: .seconds(1)), EscalationTests.step("bob")],
        deadline: .seconds(900)
      )
      policy.onSettled = "Settled."
      let task = Task { [policy] in try await client.escalate(policy) }
      try await posts.first { $0 == ["sarah"] ? () : nil }
      clock.advance(by: .seconds(1))
      // The response is waited for.
      await timer(.seconds(30))
      transport.isReleased.update { $0 = true }
      #expect(try await task.value.step == 1)
    }
    #expect(posts.read(\.self) == ["sarah", "bob", "sarah"])
  }

  @Test("If the store can't say whether a message is still needed, the step tries again after a pause")
  func undecided() async throws {
    let transport = EscalationTests.transport(posts: posts)
    let asked = Watched(0)
    try await withMockedClient(transport, configuration: configuration()) { [clock] client in
      let handle = try await client.begin(
        NotifyRequest(intent: "Down", context: .init(userID: "sarah")),
        idempotencyKey: "k",
        label: nil,
        deadline: .seconds(60),
        mayArm: {
          asked.update { $0 += 1 }
          throw DeliveryStoreError(.unavailable, "the test says so")
        }
      )
      let outcome = Task { try await handle.outcome(deadline: .seconds(60), until: .delivered) }
      for pause in [Duration.milliseconds(500), .seconds(1), .seconds(2)] {
        await timer(pause)
        clock.advance(by: pause)
      }
      let error = await #expect(throws: SmoovenError.self) { try await outcome.value }
      #expect(error?.code == .storeFailed)
      #expect(error?.cause is DeliveryStoreError)
    }
    #expect(asked.read(\.self) == 4)
    #expect(posts.read(\.self).isEmpty)
  }
}
