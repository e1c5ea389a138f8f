package import Foundation
package import Smooven

/// Hours of callbacks of an endpoint whose store holds the keys of six minutes, with an attacker who replays some of
/// them.
///
/// They arrive up to 30 seconds after they were signed, in shuffled order. Another endpoint is quiet.
package struct WindowStory: Sendable {
  /// A callback that is offered to a store, for the first time or again.
  package struct Offer: Sendable, Hashable {
    package let number: Int
    package let isQuiet: Bool
    package let signedAt: Date
    package let now: Date
  }

  package struct Tally: Sendable, Hashable {
    package var stored = 0
    package var quiet = 0
    /// The callbacks that weren't stored when they first arrived.
    package var refused: [Offer] = []
    package var duplicates = 0
    package var tooOld = 0
    /// The callbacks that changed something when they were sent again, or weren't reported as they should be.
    package var wrongReplays: [Offer] = []
  }

  package let capacity: Int
  package let count: Int
  package let start: Date
  /// The time covered by the keys of a full store, in seconds.
  package static let window = 360.0
  /// The time within which callbacks are shuffled, in seconds.
  package static let disorder = 30.0

  package init(capacity: Int, count: Int, start: Date) {
    self.capacity = capacity
    self.count = count
    self.start = start
  }

  private func signedAt(_ number: Int) -> Date {
    start.addingTimeInterval(Double(number) * Self.window / Double(capacity))
  }

  /// Offers all callbacks, and after some of them an earlier one again.
  ///
  /// - Parameters:
  ///   - minimumWindow: The time in seconds within which the store forgets nothing.
  ///   - random: The source of all choices.
  ///   - usage: Returns what the store holds, which must not change if a callback is sent again.
  ///   - offer: Offers a callback to the store.
  /// - Returns: The results.
  /// - Throws: What the closures throw.
  package func tell(
    minimumWindow: Double,
    random: inout some RandomNumberGenerator,
    usage: () async throws -> DeliveryStoreUsage?,
    offer: (Offer) async throws -> AppendResult
  ) async throws -> Tally {
    var tally = Tally()
    let block = max(1, Int(Self.disorder / Self.window * Double(capacity)))
    for first in stride(from: 0, to: count, by: block) {
      let end = min(first + block, count)
      let now = signedAt(end)
      let order = Array(first..<end).shuffled(using: &random)
      for (place, number) in order.enumerated() {
        let callback = Offer(number: number, isQuiet: false, signedAt: signedAt(number), now: now)
        if try await offer(callback) == .stored { tally.stored += 1 } else { tally.refused.append(callback) }
        guard random.next() % 40 == 0 else { continue }
        // Half of them are from the last minutes.
        let oldest = random.next() % 2 == 0 ? 0 : max(0, first - 2 * capacity)
        let choice = Int.random(in: oldest...first + place, using: &random)
        let chosen = choice < first ? choice : order[choice - first]
        let replay = Offer(number: chosen, isQuiet: false, signedAt: signedAt(chosen), now: now)
        let before = try await usage()
        let result = try await offer(replay)
        switch result {
        case .stored: break
        case .duplicate: tally.duplicates += 1
        case .tooOld: tally.tooOld += 1
        }
        // Within the minimum window it must still be known. Long before that, it can't be.
        let age = now.timeIntervalSince(replay.signedAt)
        let isRight =
          switch result {
          case .stored: false
          case .duplicate: age <= Self.window + Self.disorder
          case .tooOld: age >= minimumWindow
          }
        let after = try await usage()
        if !isRight || after != before { tally.wrongReplays.append(replay) }
      }
      let quiet = Offer(number: first, isQuiet: true, signedAt: now, now: now)
      if try await offer(quiet) == .stored { tally.quiet += 1 } else { tally.refused.append(quiet) }
    }
    let end = signedAt(count)
    for first in stride(from: 0, to: count, by: block) {
      let signed = signedAt(min(first + block, count))
      let quiet = Offer(number: first, isQuiet: true, signedAt: signed, now: end)
      if try await offer(quiet) != .duplicate { tally.wrongReplays.append(quiet) }
    }
    return tally
  }
}
