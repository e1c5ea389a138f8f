import SmoovenTesting
import Testing

@Suite("Manual clock", .timeLimit(.minutes(1))) struct ManualClockTests {
  @Test("It only wakes sleepers whose time has come")
  func advance() async throws {
    let clock = ManualClock()
    let short = Task { try await clock.sleep(for: .seconds(1)) }
    #expect(await clock.nextTimer() == .seconds(1))
    let long = Task { try await clock.sleep(for: .seconds(10)) }
    #expect(await clock.nextTimer() == .seconds(10))
    clock.advance(by: .seconds(1))
    try await short.value
    #expect(clock.sleeperCount == 1)
    clock.advance(by: .seconds(9))
    try await long.value
    #expect(clock.now.offset == .seconds(10))
  }

  @Test("A sleep that is already over doesn't suspend")
  func past() async throws {
    let clock = ManualClock()
    try await clock.sleep(until: clock.now)
    try await clock.sleep(until: clock.now.advanced(by: .seconds(-1)))
  }

  @Test("Cancelling ends a sleep and a watch")
  func cancel() async throws {
    let clock = ManualClock()
    let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
    #expect(await clock.nextTimer() == .seconds(1))
    sleeper.cancel()
    await #expect(throws: CancellationError.self) { try await sleeper.value }
    let watcher = Task { await clock.nextTimer() }
    watcher.cancel()
    #expect(await watcher.value == nil)
    #expect(clock.sleeperCount == 0)
  }

  @Test("Time never goes back")
  func backwards() {
    let clock = ManualClock()
    clock.advance(by: .seconds(5))
    clock.advance(by: .seconds(-3))
    #expect(clock.now.offset == .seconds(5))
  }
}
