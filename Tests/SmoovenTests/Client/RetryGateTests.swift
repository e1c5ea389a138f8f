import HTTPTypes
import Smooven
import SmoovenTesting
import TestSupport
import Testing

@Suite("Holding back all sends", .timeLimit(.minutes(1))) struct RetryGateTests {
  @Test("An open gate delays no sender")
  func open() async throws {
    let gate = RetryGate(clock: DeliveryClock(ManualClock()))
    try await gate.wait(until: .seconds(1))
    gate.hold(for: .seconds(-1))
    #expect(gate.opening(now: .zero) == nil)
    try await gate.wait(until: .seconds(1))
  }

  @Test("Its senders are spread over the time for which it was closed")
  func spread() async throws {
    let clock = ManualClock()
    let gate = RetryGate(clock: DeliveryClock(clock))
    gate.hold(for: .seconds(8))
    #expect(gate.opening(now: .zero) == .seconds(8))
    let first = Task { try await gate.wait(until: .seconds(60), jitter: 0) }
    #expect(await clock.nextTimer() == .seconds(8))
    let last = Task { try await gate.wait(until: .seconds(60), jitter: 1) }
    #expect(await clock.nextTimer() == .seconds(16))
    let hurried = Task { try await gate.wait(until: .seconds(10), jitter: 1) }
    #expect(await clock.nextTimer() == .seconds(9))
    clock.advance(by: .seconds(16))
    for task in [first, last, hurried] { try await task.value }
    #expect(gate.opening(now: .seconds(8)) == nil)
  }

  @Test("It never opens earlier than it would have, and stays closed for at most five minutes")
  func longest() async throws {
    let clock = ManualClock()
    let gate = RetryGate(clock: DeliveryClock(clock))
    gate.hold(for: .seconds(10))
    gate.hold(for: .seconds(2))
    #expect(gate.opening(now: .zero) == .seconds(10))
    gate.hold(for: .seconds(86_400))
    #expect(gate.opening(now: .zero) == .seconds(300))
  }

  @Test("A sender that would miss its deadline gets an error immediately")
  func late() async throws {
    let gate = RetryGate(clock: DeliveryClock(ManualClock()))
    gate.hold(for: .seconds(8))
    let error = await #expect(throws: SmoovenError.self) { try await gate.wait(until: .seconds(8)) }
    #expect(error?.code == .rateLimited)
    #expect(error?.retryAfter == .seconds(8))
    #expect(error?.isRetryable == true)
  }

  @Test("A sender that wakes while it's closed again keeps waiting")
  func again() async throws {
    let clock = ManualClock()
    let gate = RetryGate(clock: DeliveryClock(clock))
    gate.hold(for: .seconds(1))
    let sender = Task { try await gate.wait(until: .seconds(60), jitter: 0) }
    #expect(await clock.nextTimer() == .seconds(1))
    gate.hold(for: .seconds(5))
    clock.advance(by: .seconds(1))
    #expect(await clock.nextTimer() == .seconds(4))
    clock.advance(by: .seconds(4))
    try await sender.value
  }

  @Test("Cancelling ends the wait")
  func cancelled() async throws {
    let clock = ManualClock()
    let gate = RetryGate(clock: DeliveryClock(clock))
    gate.hold(for: .seconds(1))
    let sender = Task { try await gate.wait(until: .seconds(60)) }
    _ = await clock.nextTimer()
    sender.cancel()
    await #expect(throws: CancellationError.self) { try await sender.value }
  }
}

@Suite("A thousand senders after one Retry-After", .timeLimit(.minutes(1))) struct RetryCrowdTests {
  /// Returns the moments at which sleepers of a clock wake, once there are enough of them.
  private func wakeUps(_ count: Int, of clock: ManualClock, after start: Duration) async -> [Duration] {
    var moments: [Duration] = []
    while moments.count < count, let timer = await clock.nextTimer() {
      if timer >= start, timer < .seconds(299) { moments.append(timer) }
    }
    return moments
  }

  private func expectSpread(_ moments: [Duration], from start: Duration, over spread: Duration) {
    #expect(moments.allSatisfy { $0 >= start && $0 <= start + spread })
    // No tenth of the time has more than twice its share.
    let tenths = Dictionary(grouping: moments) { min(9, Int(($0 - start) / spread * 10)) }
    #expect(tenths.values.allSatisfy { $0.count <= moments.count / 5 })
    #expect(tenths.count == 10)
  }

  @Test("The gate wakes them at different moments, all within their deadlines", arguments: [60, 24])
  func gate(deadline: Int) async throws {
    let clock = ManualClock()
    let gate = RetryGate(clock: DeliveryClock(clock))
    gate.hold(for: .seconds(20))
    var generator = SeededGenerator(seed: 7)
    let senders = (0..<1_000).map { _ in
      let jitter = Double.random(in: 0...1, using: &generator)
      return Task { try await gate.wait(until: .seconds(deadline), jitter: jitter) }
    }
    let moments = await wakeUps(1_000, of: clock, after: .seconds(20))
    // At least half of the remaining time is for the request itself.
    expectSpread(moments, from: .seconds(20), over: .seconds(deadline == 60 ? 20 : 2))
    clock.advance(by: .seconds(deadline))
    for sender in senders { try await sender.value }
  }

  @Test("The sends of a client are spread as well, and each is sent once")
  func client() async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: testKey, answer: .accepted())
    transport.script(.refused(status: 429, code: "busy", retryAfter: 20))
    let configuration = mockConfiguration(clock: clock) { $0.callTimeout = .seconds(300) }
    try await withMockedClient(transport, configuration: configuration) { client in
      let first = Task { try await client.notifySarah() }
      try await until { client.api.gate.opening(now: .zero) != nil }
      let others = (1..<1_000).map { _ in Task { try await client.notifySarah() } }
      let moments = await wakeUps(1_000, of: clock, after: .seconds(20))
      #expect(transport.requestCount == 1)
      expectSpread(moments, from: .seconds(20), over: .seconds(20))
      var last = 0
      for second in 20...60 {
        clock.advance(by: .seconds(second) - clock.now.offset)
        // Those whose time has come have begun, and no others.
        let due = 1 + moments.count { $0 <= .seconds(second) }
        try await transport.waitForRequests(due)
        last = transport.requestCount
      }
      #expect(last == 1_001)
      for task in others + [first] { _ = try await task.value }
      #expect(transport.requestCount == 1_001)
    }
  }
}
