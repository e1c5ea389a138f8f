import Foundation
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

/// An escalation that another process continues.
@Suite("An escalation after a restart", .timeLimit(.minutes(1))) struct EscalationRestartTests {
  typealias Post = EscalationScene.Post

  let store = InMemoryDeliveryStore()

  static func step(_ user: String, after time: Duration = .seconds(600)) -> EscalationStep {
    .notify(.user(user, "Down"), advanceAfter: time, until: .delivered)
  }

  @Test(
    "While the first step waits for its hours, a restart changes neither the deadline nor the times of the steps"
  )
  func held() async throws {
    let scene = EscalationScene(EscalationScene.held)
    let result = try await scene.restartedWhileHeld(store) { store }
    #expect(result.outcome.hasTimedOut)
    #expect(scene.sent == [Post("sarah", 60), Post("bob", 70)])
    #expect(scene.minute == 120)
  }

  @Test("If the deadline passes while no process runs, nothing is sent anymore")
  func expired() async throws {
    let scene = EscalationScene(EscalationScene.held)
    try await scene.interrupted(on: store) { _, clock in await scene.pass(clock, minutes: 1, every: 1) }
    scene.pass(minutes: 119)
    let result = try await scene.finished(on: store) { _, _, _ in }
    #expect(result.outcome.hasTimedOut)
    #expect(result.attempts.isEmpty)
    #expect(scene.sent.isEmpty)
  }

  @Test("What a waiting escalation keeps in the store isn't a message, and is removed with the retention")
  func invisible() async throws {
    let scene = EscalationScene(EscalationScene.held)
    try await scene.interrupted(on: store) { [store] client, clock in
      await scene.pass(clock, minutes: 1, every: 1)
      try await expectTrue(store.usage()?.deliveries == 1)
      try await expectTrue(client.pendingDeliveries().isEmpty)
      #expect(client.tracker.slotCount == 0)
      #expect(client.tracker.waitCount == 0)
      try await expectTrue(client.delivery(.idempotencyKey("incident")) == nil)
    }
    try await scene.process(on: store) { [store] client, _, _ in
      try await expectTrue(client.pendingDeliveries().isEmpty)
      try await expectTrue(client.orphanedDeliveries().isEmpty)
      try await expectTrue(store.prune(before: Date(timeIntervalSince1970: 1_800_079_200)) == 0)
      try await expectTrue(store.prune(before: Date(timeIntervalSince1970: 1_800_079_201)) == 1)
      try await expectTrue(store.usage()?.deliveries == 0)
    }
    #expect(scene.sent.isEmpty)
  }

  @Test("The code of a step runs again, and the time since it first ran counts")
  func code() async throws {
    let keys = Watched<[String]>([])
    let call: EscalationRun = { context in
      keys.update { $0.append("\(context.idempotencyKey) \(context.timeLeft)") }
      // Until it's cancelled.
      _ = try await keys.first { _ in nil as Void? }
      return .timedOut(lastKnown: .sent)
    }
    let policy = EscalationPolicy(
      [.run("call", advanceAfter: .seconds(1_800)), Self.step("bob")],
      deadline: .seconds(3_600)
    )
    let scene = EscalationScene(policy)
    try await scene.interrupted(on: store, runs: ["call": call]) { _, _ in
      try await keys.first { $0.count == 1 ? () : nil }
    }
    scene.pass(minutes: 20)
    let result = try await scene.finished(on: store, runs: ["call": call]) { _, clock, _ in
      try await keys.first { $0.count == 2 ? () : nil }
      try await scene.pass(clock, minutes: 10, 30, sent: 0)
    }
    #expect(result.outcome.hasTimedOut)
    #expect(scene.sent == [Post("bob", 30)])
    #expect(keys.read(\.self) == ["incident\u{1F}0 3600.0 seconds", "incident\u{1F}0 2400.0 seconds"])
  }

  @Test("If nothing could be sent, the next call under the key has the whole time again")
  func nothingSent() async throws {
    let isReady = Watched(false)
    let policy = EscalationPolicy(
      [.run("call", advanceAfter: .seconds(600)), Self.step("bob")],
      deadline: .seconds(3_600)
    )
    let scene = EscalationScene(policy) { _ in
      isReady.read(\.self) ? .accepted(id: "ntf_bob") : .refused(status: 401, code: "unauthorized")
    }
    struct Broken: Error {}
    let runs: [String: EscalationRun] = ["call": { _ in throw Broken() }]
    await #expect(throws: SmoovenError.self) {
      _ = try await scene.finished(on: store, runs: runs) { _, _, _ in }
    }
    // Only the message that was refused.
    try await expectTrue(store.usage()?.deliveries == 1)
    isReady.update { $0 = true }
    scene.pass(minutes: 300)
    let result = try await scene.finished(on: store, runs: runs) { _, clock, _ in
      try await scene.pass(clock, minutes: 60, sent: 2)
    }
    #expect(result.outcome.hasTimedOut)
    #expect(scene.sent == [Post("bob", 0), Post("bob", 300)])
  }

  @Test("A beginning whose commit was lost on the way is found")
  func lostResponse() async throws {
    let isFirst = Watched(true)
    let store = HookedStore(
      store,
      after: { step in
        let isLost = isFirst.update { first in
          defer { if step == .insert { first = false } }
          return first && step == .insert
        }
        if isLost { throw DeliveryStoreError(.unavailable, "the test says so") }
      }
    )
    let scene = EscalationScene(EscalationScene.held)
    let result = try await scene.restartedWhileHeld(store) { store }
    #expect(result.outcome.hasTimedOut)
    #expect(scene.minute == 120)
  }

  @Test("Without a key, nothing but the messages is stored")
  func withoutKey() async throws {
    let scene = EscalationScene(EscalationScene.held)
    try await scene.process(on: store) { [store] client, clock, _ in
      let task = Task { try await client.escalate(scene.policy) }
      await scene.pass(clock, minutes: 1, every: 1)
      try await expectTrue(store.usage()?.deliveries == 0)
      task.cancel()
      _ = try? await task.value
    }
  }

  @Test("A step whose send is unclear has begun, so it isn't sent again, and the next step comes in its time")
  func unclear() async throws {
    let store = HookedStore(store)
    let scene = EscalationScene(
      EscalationPolicy([Self.step("sarah"), Self.step("bob")], deadline: .seconds(3_600))
    ) {
      name in
      name == "sarah" ? .failure(TransportError(.noResponse, "cut")) : .accepted(id: "ntf_\(name)")
    }
    try await scene.interrupted(on: store) { _, _ in
      try await store.until { store in
        guard let row = try await store.load(.idempotencyKey("incident\u{1F}0")) else { return false }
        return row.delivery.phase(at: row.time) == .unclear
      }
    }
    scene.pass(minutes: 7)
    let result = try await scene.finished(on: store) { _, clock, transport in
      await scene.pass(clock, minutes: 3, every: 3)
      try await scene.send(2)
      await scene.deliver(.delivered, of: "bob", transport)
    }
    #expect(result.step == 1)
    #expect(scene.sent == [Post("sarah", 0), Post("bob", 10)])
  }
}
