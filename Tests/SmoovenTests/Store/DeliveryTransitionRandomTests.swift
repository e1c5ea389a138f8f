import Foundation
import SmoovenTesting
import Testing

@testable import Smooven

@Suite("The transitions of a delivery, at random")
struct DeliveryTransitionRandomTests {
  private typealias Phase = StoredDelivery.Phase

  /// All transitions from one phase to another.
  private static let ways: [Phase: Set<Phase>] = [
    .free: [.claimed, .accepted, .final],
    // An owner whose lease has ended counts as free, and may still send.
    .claimed: [.free, .armed, .accepted, .final],
    .armed: [.free, .unclear, .accepted, .final],
    .unclear: [.free, .claimed, .accepted, .final],
    .accepted: [.final],
    .final: [],
  ]

  @Test("There are no other transitions, and nothing that was learned is lost", arguments: 1...20)
  func random(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var now = StoreInstant(epoch: "a", nanoseconds: 0)
      var delivery = StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: .distantPast)
      for _ in 0..<30 {
        if Int.random(in: 0..<3, using: &random) == 0 {
          let before = delivery.phase(at: now)
          now = now.advanced(by: .nanoseconds(Int64.random(in: 1...10, using: &random)))
          // Only time ends leases.
          let after = delivery.phase(at: now)
          #expect(
            after == before || before == .claimed && after == .free || before == .armed && after == .unclear
          )
          continue
        }
        let old = delivery
        let isAllowed = step(&delivery, now, &random)
        let (before, after) = (old.phase(at: now), delivery.phase(at: now))
        #expect(isAllowed || delivery == old, "a step that is refused changes nothing")
        let isLateArming =
          before == .free && after == .armed && old.claim?.isArmed == false
          && delivery.attempt == old.attempt
        #expect(before == after || isLateArming || Self.ways[before]?.contains(after) == true)
        #expect(delivery.attempt - old.attempt == (after == .claimed && before != .claimed ? 1 : 0))
        #expect(delivery.ids.starts(with: old.ids) && Set(delivery.ids).count == delivery.ids.count)
        #expect(old.verdict == nil || delivery.verdict == old.verdict)
        #expect(old.refusal == nil || delivery.refusal != nil)
      }
    }
  }

  private func step(
    _ delivery: inout StoredDelivery,
    _ now: StoreInstant,
    _ random: inout SeededGenerator
  ) -> Bool {
    let owner = Bool.random(using: &random) ? "a" : "b"
    let attempt = delivery.attempt - (Int.random(in: 0..<5, using: &random) == 0 ? 1 : 0)
    switch Int.random(in: 0..<20, using: &random) {
    case ..<7:
      return delivery.claim(
        owner: owner,
        fingerprint: "\(attempt)",
        isCritical: false,
        lease: .nanoseconds(Int64.random(in: 1...30, using: &random)),
        takesUnclear: Bool.random(using: &random),
        now: now
      )
    case ..<11: return delivery.arm(owner: owner, attempt: attempt, lease: .nanoseconds(10), now: now)
    case ..<13:
      let notBefore = Bool.random(using: &random) ? now.advanced(by: .nanoseconds(5)) : nil
      return delivery.release(owner: owner, attempt: attempt, notBefore: notBefore)
    case ..<14:
      let refusal = StoredDelivery.Refusal(attempt: attempt, code: "rejected", message: "no")
      return delivery.release(owner: owner, attempt: attempt, refusal: refusal)
    case ..<16: return delivery.noteUnclear(owner: owner, attempt: attempt, now: now)
    case ..<17: return delivery.accept(id: "ntf_\(Int.random(in: 1...3, using: &random))")
    case ..<18:
      return delivery.conclude(
        Bool.random(using: &random) ? .delivered(event(.opened)) : .failed(event(.failed))
      )
    default: return delivery.forceFree()
    }
  }
}
