import Foundation
import SmoovenTesting
import Testing

@testable import Smooven

@Suite("Deduplication keys in memory")
struct SeenKeysTests {
  private static let start = Date(timeIntervalSinceReferenceDate: 800_000_000)

  private func time(_ seconds: Double) -> Date { Self.start.addingTimeInterval(seconds) }

  /// Inserts a key that is signed when it arrives.
  private func insert(_ number: Int, at seconds: Double, into seen: inout SeenKeys) -> SeenKeys.Insertion {
    seen.insert(SeenKeys.Key("key \(number)"), signedAt: time(seconds), expiry: nil, now: time(seconds))
  }

  /// Inserts a key without a signed time.
  private func arrive(_ number: Int, at seconds: Double, into seen: inout SeenKeys) -> SeenKeys.Insertion {
    seen.insert(SeenKeys.Key("arrival \(number)"), signedAt: nil, expiry: nil, now: time(seconds))
  }

  @Test("A key is new once, whenever it's signed again")
  func duplicates() {
    var seen = SeenKeys(capacity: 10, minimumWindow: 600)
    #expect(insert(1, at: 0, into: &seen) == .new && insert(2, at: 0, into: &seen) == .new)
    #expect(insert(1, at: 0, into: &seen) == .duplicate && insert(1, at: 500, into: &seen) == .duplicate)
    #expect(seen.count == 2 && seen.floor == nil)
  }

  @Test("If there is no room, the oldest keys are forgotten, and callbacks that aren't newer are too old")
  func floor() throws {
    var seen = SeenKeys(capacity: 3, minimumWindow: 600)
    // In an order other than arrival.
    for (number, seconds) in [(1, 7_200.0), (2, 0), (3, 3_600), (4, 10_800)] {
      #expect(insert(number, at: seconds, into: &seen) == .new)
    }
    let floor = try #require(seen.floor)
    #expect(floor >= time(0) && floor < time(1) && seen.count == 3)
    #expect(insert(2, at: 0, into: &seen) == .tooOld && insert(9, at: -1, into: &seen) == .tooOld)
    #expect(seen.count == 3, "what is too old makes no room for itself")
    #expect(
      insert(3, at: 3_600, into: &seen) == .duplicate && insert(1, at: 7_200, into: &seen) == .duplicate
    )
    #expect(insert(5, at: 14_400, into: &seen) == .new && insert(3, at: 3_600, into: &seen) == .tooOld)
  }

  @Test("Nothing is forgotten within the minimum window, and then it's full")
  func minimumWindow() {
    var seen = SeenKeys(capacity: 2, minimumWindow: 600)
    #expect(insert(1, at: 0, into: &seen) == .new && insert(2, at: 599, into: &seen) == .new)
    #expect(insert(3, at: 599, into: &seen) == .full && insert(1, at: 0, into: &seen) == .duplicate)
    #expect(seen.count == 2 && seen.floor == nil)
    // It filled up within the window, and has room again after a pause.
    #expect(insert(3, at: 5_000, into: &seen) == .new && insert(1, at: 0, into: &seen) == .tooOld)
  }

  @Test("Keys without a signed time have a ring by arrival, and no floor")
  func arrivals() {
    var seen = SeenKeys(capacity: 2, minimumWindow: 600)
    #expect(arrive(1, at: 0, into: &seen) == .new && arrive(2, at: 10, into: &seen) == .new)
    #expect(arrive(1, at: 20, into: &seen) == .duplicate && arrive(3, at: 600, into: &seen) == .full)
    #expect(arrive(3, at: 601, into: &seen) == .new && seen.floor == nil)
    #expect(arrive(2, at: 602, into: &seen) == .duplicate && arrive(1, at: 700, into: &seen) == .new)
    // A flood of them takes no room from signed ones.
    #expect(insert(1, at: 700, into: &seen) == .new && insert(2, at: 700, into: &seen) == .new)
  }

  @Test("A key that counts only for a short time may be used again afterwards")
  func brief() {
    var seen = SeenKeys(capacity: 2, minimumWindow: 600)
    func insert(_ number: Int, at seconds: Double) -> SeenKeys.Insertion {
      seen.insert(SeenKeys.Key("\(number)"), signedAt: nil, expiry: time(seconds + 120), now: time(seconds))
    }
    #expect(insert(1, at: 0) == .new && insert(1, at: 119) == .duplicate && insert(1, at: 120) == .new)
    #expect(insert(2, at: 121) == .new && insert(3, at: 122) == .full && insert(3, at: 241) == .new)
  }

  @Test(
    "Forgetting moves the floor, so that nothing forgotten is new again",
    arguments: [1, 2, 3, 4] as [UInt64]
  )
  func random(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var seen = SeenKeys(capacity: 3_000, minimumWindow: 100)
    var stored: [Int: Double] = [:]
    var now = 0.0
    var most = 0
    for _ in 0..<20_000 {
      now += Double.random(in: 0...1, using: &random)
      if Int.random(in: 0..<500, using: &random) == 0 {
        let before = seen.count
        let forgotten = seen.forget(before: time(now - Double.random(in: 500...3_000, using: &random)))
        #expect(seen.count == before - forgotten)
      }
      let isAgain = Int.random(in: 0..<3, using: &random) == 0
      let known = isAgain ? stored.randomElement(using: &random) : nil
      let number = known?.key ?? Int.random(in: 0..<1_000_000_000, using: &random)
      let signed = known?.value ?? now - Double.random(in: 0...50, using: &random)
      let floor = seen.floor
      switch insert(number, at: signed, into: &seen) {
      case .new:
        #expect(stored.updateValue(signed, forKey: number) == nil && floor.map { time(signed) > $0 } ?? true)
      case .duplicate: #expect(stored[number] != nil && floor.map { time(signed) > $0 } ?? true)
      case .tooOld: #expect(seen.floor.map { time(signed) <= $0 } ?? false)
      case .full: #expect(seen.count >= 3_000)
      }
      #expect(seen.count <= 3_000 && floor ?? .distantPast <= seen.floor ?? .distantPast)
      most = max(most, seen.count)
    }
    #expect(most > 2_500)
  }

  @Test("The last inserted key can be removed, and is new again")
  func takenBack() throws {
    var seen = SeenKeys(capacity: 3, minimumWindow: 10)
    #expect(insert(1, at: 0, into: &seen) == .new && arrive(1, at: 0, into: &seen) == .new)
    let briefly = SeenKeys.Key("brief")
    for _ in 0..<3 {
      #expect(insert(2, at: 5, into: &seen) == .new && arrive(2, at: 5, into: &seen) == .new)
      #expect(seen.insert(briefly, signedAt: nil, expiry: time(60), now: time(5)) == .new)
      seen.takeBack(briefly, signedAt: nil, expiry: time(60))
      seen.takeBack(SeenKeys.Key("arrival 2"), signedAt: nil, expiry: nil)
      seen.takeBack(SeenKeys.Key("key 2"), signedAt: time(5), expiry: nil)
      #expect(seen.count == 2 && seen.largestCount == 1)
    }
    // The second of time that is now empty leaves no floor.
    #expect(seen.forget(before: time(7)) == 2 && seen.count == 0)
    #expect(try #require(seen.floor) < time(1))
    #expect(insert(2, at: 5, into: &seen) == .new)
    // A key whose room a later one took.
    var full = SeenKeys(capacity: 1, minimumWindow: 10)
    #expect(insert(1, at: 0, into: &full) == .new && insert(2, at: 100, into: &full) == .new)
    full.takeBack(SeenKeys.Key("key 2"), signedAt: time(100), expiry: nil)
    full.takeBack(SeenKeys.Key("key 1"), signedAt: time(0), expiry: nil)
    #expect(full.count == 0 && full.largestCount == 0)
    #expect(insert(1, at: 0, into: &full) == .tooOld && insert(2, at: 100, into: &full) == .new)
  }

  @Test("Keys that count briefly are removed when their time is up, long before room is needed")
  func sweptBriefly() {
    var seen = SeenKeys(capacity: 1_000_000, minimumWindow: 10)
    for number in 0..<50_000 {
      let now = time(Double(number))
      let key = SeenKeys.Key("\(number)")
      #expect(seen.insert(key, signedAt: nil, expiry: now.addingTimeInterval(60), now: now) == .new)
    }
    #expect(seen.largestCount < 2_000)
  }
}
