import Foundation
import Smooven
import SmoovenTesting
import TestSupport
import Testing

/// Each operation of the store fails in each way, alone and at random, under each kind of call.
///
/// Whatever the store does, no caller waits indefinitely, a key never sends twice, and an error that says that nothing
/// was sent is right, even after the store has recovered and its hanging operations have continued.
/// ``HangingStoreTests`` checks the exact deadlines.
@Suite("A store that fails in every way", .serialized, .timeLimit(.minutes(5)))
struct FailingStoreTests {
  enum Callers: String, CaseIterable {
    case unkeyed, unkeyedNotify, keyed, twoUnderOneKey, twoClientsUnderOneKey

    var key: String? { self == .unkeyed || self == .unkeyedNotify ? nil : "k" }
    var clientCount: Int { self == .twoClientsUnderOneKey ? 2 : 1 }

    func begin(in scene: FaultyStoreScene) {
      switch self {
      case .unkeyed, .keyed: scene.send(key)
      case .unkeyedNotify: scene.notify(key)
      case .twoUnderOneKey:
        scene.send(key)
        scene.notify(key)
      case .twoClientsUnderOneKey:
        scene.send(key, client: 0)
        scene.send(key, client: 1)
      }
    }
  }

  private func check(
    _ callers: Callers,
    isCallbackLost: Bool,
    _ plan: @escaping StoreFaults.Plan,
    _ name: Comment
  ) async throws {
    let scene = try await FaultyStoreScene(
      plan,
      clientCount: callers.clientCount,
      isCallbackLost: isCallbackLost
    )
    callers.begin(in: scene)
    let endings = try await scene.endings(within: 25)
    #expect(endings != nil, "a caller waits beyond its deadline: \(name)")
    let saysNothing = endings?.allSatisfy(\.saysNothingWasSent) ?? false
    // Hanging operations continue, leases end, and whatever is still waiting may happen.
    scene.faults.end()
    await scene.pass(60)
    #expect(scene.postCount <= 1, "sent twice: \(name)")
    if saysNothing { #expect(scene.postCount == 0, "sent, and said not to be: \(name)") }
    if let key = callers.key {
      scene.send(key)
      let again = try await scene.endings(within: 25)
      #expect(again != nil, "a call after the recovery waits beyond its deadline: \(name)")
      #expect(scene.postCount <= 1, "sent again after the recovery: \(name)")
    }
    #expect(try await scene.finish(), "a client doesn't end: \(name)")
  }

  @Test(
    "One operation fails once, or from then on",
    arguments: StoreFaults.Kind.allCases,
    Callers.allCases
  )
  func single(kind: StoreFaults.Kind, callers: Callers) async throws {
    for step in HookedStore.Step.allCases where step != .prune {
      for number in 1...(callers.key == nil ? 2 : 3) {
        for (isOnce, isCallbackLost) in [(true, false), (true, true), (false, false), (false, true)] {
          let plan =
            isOnce
            ? StoreFaults.once(kind, step, number: number)
            : StoreFaults.always(kind, step, from: number)
          try await check(
            callers,
            isCallbackLost: isCallbackLost,
            plan,
            "\(kind) \(step) \(number), once: \(isOnce), callback lost: \(isCallbackLost)"
          )
        }
      }
    }
  }

  @Test("Many operations fail at random", arguments: Callers.allCases, [true, false])
  func random(callers: Callers, isCallbackLost: Bool) async throws {
    for seed in 1...60 as ClosedRange<UInt64> {
      let plan = StoreFaults.random(seed: seed)
      try await check(callers, isCallbackLost: isCallbackLost, plan, "seed \(seed)")
    }
  }

  @Test(
    "Waits by an id, and resuming a stored delivery, end at their deadlines, too",
    arguments: StoreFaults.Kind.allCases
  )
  func otherCalls(kind: StoreFaults.Kind) async throws {
    for step in HookedStore.Step.allCases where step != .prune {
      for number in 1...2 {
        let plan = StoreFaults.always(kind, step, from: number)
        let scene = try await FaultyStoreScene(plan, clientCount: 2)
        var delivery = StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date())
        _ = delivery.accept(id: "ntf_1")
        _ = try await scene.base.insert(delivery)
        let client = scene.clients[0]
        scene.begin { try await client.receiver.outcome(of: "smooven", id: "ntf_1", timeout: .seconds(20)) }
        scene.begin { [delivery] in
          let page = try await client.pendingDeliveries()
          let handle = try await client.resume(page.first ?? delivery)
          return try await handle.outcome(timeout: .seconds(1))
        }
        scene.begin {
          try await client.receiver.expect(
            .smobi(),
            publicURL: ExpectTests.publicURL,
            timeout: .seconds(20)
          ) { _ in
            _ = try await client.delivery(.id("ntf_1", group: "smooven"))
          }
        }
        let endings = try await scene.endings(within: 26)
        #expect(endings != nil, "a caller waits beyond its deadline: \(kind) \(step) \(number)")
        #expect(scene.postCount == 0)
        #expect(try await scene.finish(), "a client doesn't end: \(kind) \(step) \(number)")
      }
    }
  }

  @Test(
    "A graceful stop ends within its limit, and every caller with it",
    arguments: StoreFaults.Kind.allCases,
    Callers.allCases
  )
  func gracefulStop(kind: StoreFaults.Kind, callers: Callers) async throws {
    for step in HookedStore.Step.allCases where step != .prune {
      for number in 1...3 {
        let scene = try await FaultyStoreScene(
          StoreFaults.always(kind, step, from: number),
          clientCount: callers.clientCount,
          isCallbackLost: true
        )
        callers.begin(in: scene)
        await scene.settle(60)
        #expect(try await scene.stopGracefully(), "a client doesn't end: \(kind) \(step) \(number)")
        let endings = try await scene.endings(within: 0)
        #expect(endings != nil, "a caller waits after the stop: \(kind) \(step) \(number)")
        let count = scene.postCount
        await scene.pass(60)
        #expect(scene.postCount == count, "sent after the stop: \(kind) \(step) \(number)")
        #expect(count <= 1, "sent twice: \(kind) \(step) \(number)")
      }
    }
  }
}
