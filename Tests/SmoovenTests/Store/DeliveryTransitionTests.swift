import Foundation
import Testing

@testable import Smooven

@Suite("The transitions of a delivery")
struct DeliveryTransitionTests {
  /// A delivery in a state, seen by the client `me`, whose attempt is 1.
  enum State: String, CaseIterable {
    case free, heldBack, claimed, claimRanOut, armed, unclear, accepted, final

    var delivery: StoredDelivery {
      var delivery = StoredDelivery(
        token: Self.token,
        group: "smooven",
        openedAt: Date(timeIntervalSinceReferenceDate: 0),
        fingerprint: "first"
      )
      if self == .heldBack { delivery.notBefore = DeliveryTransitionTests.now.advanced(by: .nanoseconds(1)) }
      if self == .free { delivery.notBefore = DeliveryTransitionTests.now }
      guard self != .free, self != .heldBack else { return delivery }
      let isOver = self == .claimRanOut || self == .unclear
      delivery.attempt = 1
      delivery.claim = .init(
        owner: "me",
        isArmed: self != .claimed && self != .claimRanOut,
        leaseUntil: isOver
          ? DeliveryTransitionTests.now : DeliveryTransitionTests.now.advanced(by: .nanoseconds(1))
      )
      if self == .accepted { delivery.ids = ["ntf_1"] }
      if self == .final { delivery.verdict = .delivered(event(.delivered, key: "first")) }
      return delivery
    }

    private static let token = DeliveryToken()
  }

  static let now = StoreInstant(epoch: "a", nanoseconds: 1_000)

  enum Step: String, CaseIterable {
    case claim, claimUnclear, arm, release, refuse, noteUnclear, accept, conclude, forceFree

    /// Performs the step.
    ///
    /// Returns whether the delivery allowed it.
    func take(_ delivery: inout StoredDelivery, as owner: String = "me", attempt: Int = 1) -> Bool {
      switch self {
      case .claim, .claimUnclear:
        delivery.claim(
          owner: "you",
          fingerprint: "second",
          isCritical: true,
          lease: .nanoseconds(10),
          takesUnclear: self == .claimUnclear,
          now: DeliveryTransitionTests.now
        )
      case .arm:
        delivery.arm(
          owner: owner,
          attempt: attempt,
          lease: .nanoseconds(10),
          now: DeliveryTransitionTests.now
        )
      case .release: delivery.release(owner: owner, attempt: attempt, notBefore: DeliveryTransitionTests.now)
      case .refuse:
        delivery.release(
          owner: owner,
          attempt: attempt,
          refusal: .init(attempt: attempt, status: 422, code: "rejected", message: "no")
        )
      case .noteUnclear:
        delivery.noteUnclear(owner: owner, attempt: attempt, now: DeliveryTransitionTests.now)
      case .accept: delivery.accept(id: "ntf_2")
      case .conclude: delivery.conclude(.failed(event(.failed, key: "second")))
      case .forceFree: delivery.forceFree()
      }
    }

    var isOfOwner: Bool { [.arm, .release, .refuse, .noteUnclear].contains(self) }
  }

  /// The phase after each step, in the order of `Step`, or `nil` if it's refused.
  private static let table: [State: [StoredDelivery.Phase?]] = [
    .free: [.claimed, .claimed, nil, nil, nil, nil, .accepted, .final, nil],
    .heldBack: [nil, nil, nil, nil, nil, nil, .accepted, .final, nil],
    .claimed: [nil, nil, .armed, .free, .free, nil, .accepted, .final, .free],
    // As long as no other client took it over, it belongs to its owner, which may still send.
    .claimRanOut: [.claimed, .claimed, .armed, .free, .free, nil, .accepted, .final, .free],
    .armed: [nil, nil, nil, .free, .free, .unclear, .accepted, .final, .free],
    .unclear: [nil, .claimed, nil, .free, .free, nil, .accepted, .final, .free],
    .accepted: [nil, nil, nil, nil, nil, nil, .accepted, .final, nil],
    .final: [nil, nil, nil, nil, nil, nil, .final, nil, nil],
  ]

  @Test("Each step leads where the table says, or is refused and changes nothing", arguments: State.allCases)
  func table(_ state: State) throws {
    let row = try #require(Self.table[state])
    for (step, expected) in zip(Step.allCases, row) {
      var delivery = state.delivery
      let isAllowed = step.take(&delivery)
      #expect(isAllowed == (expected != nil), "\(state) \(step)")
      if let expected {
        #expect(delivery.phase(at: Self.now) == expected, "\(state) \(step)")
      } else {
        #expect(delivery == state.delivery, "\(state) \(step)")
      }
    }
  }

  @Test("Only the owner of an attempt arms it, releases it or ends its lease", arguments: State.allCases)
  func owner(_ state: State) {
    for step in Step.allCases where step.isOfOwner {
      for (owner, attempt) in [("you", 1), ("me", 0), ("me", 2)] {
        var delivery = state.delivery
        #expect(!step.take(&delivery, as: owner, attempt: attempt))
        #expect(delivery == state.delivery)
      }
    }
  }

  @Test("A claim has its own request, counts the attempts and ends the pause")
  func claim() {
    var delivery = State.free.delivery
    delivery.refusal = .init(attempt: 0, code: "rejected", message: "no")
    var expected = delivery
    expected.claim = .init(owner: "you", isArmed: false, leaseUntil: Self.now.advanced(by: .nanoseconds(10)))
    expected.attempt = 1
    expected.fingerprint = "second"
    expected.isCritical = true
    expected.notBefore = nil
    #expect(Step.claim.take(&delivery) && delivery == expected)
  }

  @Test("Releasing an attempt keeps everything except the claim, and adds a pause and a refusal")
  func release() {
    var delivery = State.armed.delivery
    var expected = delivery
    (expected.claim, expected.notBefore) = (nil, Self.now)
    #expect(Step.release.take(&delivery) && delivery == expected)
    delivery = State.armed.delivery
    expected.notBefore = nil
    expected.refusal = .init(attempt: 1, status: 422, code: "rejected", message: "no")
    #expect(Step.refuse.take(&delivery) && delivery == expected)
  }

  @Test("Ids are only added, each one once, and the first verdict stays")
  func growth() {
    var delivery = State.accepted.delivery
    #expect(!delivery.accept(id: "ntf_1") && delivery.ids == ["ntf_1"])
    #expect(delivery.accept(id: "ntf_2") && delivery.ids == ["ntf_1", "ntf_2"])
    let verdict = DeliveryVerdict.failed(event(.failed))
    #expect(delivery.conclude(verdict) && !delivery.conclude(.delivered(event(.delivered))))
    #expect(delivery.verdict == verdict)
  }
}
