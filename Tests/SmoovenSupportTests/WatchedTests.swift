import SmoovenSupport
import Testing

@Suite("Waiting for a value", .timeLimit(.minutes(1)))
struct WatchedTests {
  @Test func findsAtOnceOrLater() async throws {
    let watched = Watched(1)
    #expect(try await watched.first { $0 == 1 ? "now" : nil } == "now")
    async let later = watched.first { $0 == 3 ? "later" : nil }
    watched.update { $0 = 2 }
    watched.update { $0 = 3 }
    #expect(try await later == "later")
  }

  @Test func errorsEndTheWait() async throws {
    struct Oops: Error {}
    let watched = Watched(0)
    let wait = Task { try await watched.first { if $0 == 1 { throw Oops() } else { nil as Int? } } }
    watched.update { $0 = 1 }
    await #expect(throws: Oops.self) { try await wait.value }
  }

  @Test func everyWaiterIsResumedOnceWhenCancelRacesChange() async throws {
    for round in 0..<2_000 {
      let watched = Watched(false)
      let wait = Task { try await watched.first { $0 ? true : nil } }
      async let change: Void = watched.update { $0 = true }
      if round.isMultiple(of: 2) { await Task.yield() }
      wait.cancel()
      await change
      // Either end is right. None, or two, would hang or trap.
      _ = await wait.result
    }
  }
}
