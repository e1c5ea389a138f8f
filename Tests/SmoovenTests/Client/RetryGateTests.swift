import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

@Suite("Holding back all sends", .timeLimit(.minutes(1))) struct RetryGateTests {
  @Test("An open gate holds no sender back")
  func open() async throws {
    let gate = RetryGate(clock: DeliveryClock(ManualClock()))
    try await gate.wait(until: .seconds(1))
    gate.hold(for: .seconds(-1))
    #expect(gate.opening(now: .zero) == nil)
    try await gate.wait(until: .seconds(1))
  }

  @Test("Its senders are spread over the time that it was closed")
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

  @Test("A sender that it would make late gets an error at once")
  func late() async throws {
    let gate = RetryGate(clock: DeliveryClock(ManualClock()))
    gate.hold(for: .seconds(8))
    let error = await #expect(throws: SmoovenError.self) { try await gate.wait(until: .seconds(8)) }
    #expect(error?.code == .rateLimited)
    #expect(error?.retryAfter == .seconds(8))
    #expect(error?.isRetryable == true)
  }

  @Test("A sender that wakes while it's closed again waits on")
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
