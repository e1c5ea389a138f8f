import Smooven
import Testing

@Suite("Instants of a store's clock")
struct StoreInstantTests {
  private func instant(_ nanoseconds: Int64, epoch: String = "a") -> StoreInstant {
    StoreInstant(epoch: epoch, nanoseconds: nanoseconds)
  }

  @Test(
    "It's advanced to the nanosecond, and stays at the latest instant if that would overflow",
    arguments: [
      (0, .seconds(1), 1_000_000_000), (5, .nanoseconds(-7), -2),
      (0, .nanoseconds(1_500_000_001), 1_500_000_001),
      (Int64.max - 1, .nanoseconds(1), Int64.max), (Int64.max, .nanoseconds(1), Int64.max),
      (0, .seconds(Int64.max), Int64.max), (0, .seconds(10_000_000_000), Int64.max),
      (Int64.min, .nanoseconds(-1_000_000_000), Int64.min), (0, .seconds(Int64.min), Int64.min),
    ] as [(Int64, Duration, Int64)]
  )
  func advanced(_ start: Int64, _ duration: Duration, _ end: Int64) {
    #expect(instant(start).advanced(by: duration) == instant(end))
  }

  @Test("It has passed at its own moment and later, not before")
  func passed() {
    #expect(instant(5).hasPassed(at: instant(5)) && instant(5).hasPassed(at: instant(6)))
    #expect(!instant(5).hasPassed(at: instant(4)))
    #expect(instant(5).timeLeft(at: instant(2)) == .nanoseconds(3))
    #expect(instant(5).timeLeft(at: instant(5)) == .zero && instant(5).timeLeft(at: instant(9)) == .zero)
    #expect(instant(.max).timeLeft(at: instant(.min)) == .nanoseconds(Int64.max))
  }

  @Test("An instant of another epoch has passed, because that clock is gone")
  func epochs() {
    #expect(instant(.max, epoch: "b").hasPassed(at: instant(0)))
    #expect(instant(.max, epoch: "b").timeLeft(at: instant(0)) == .zero)
  }
}
