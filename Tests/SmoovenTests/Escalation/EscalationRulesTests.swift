import Foundation
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

/// The rules of the guide that need time to pass, on a manual clock.
@Suite("The rules of an escalation", .timeLimit(.minutes(1))) struct EscalationRulesTests {
  typealias Post = EscalationScene.Post

  static func steps(_ users: String..., after time: Duration = .seconds(600)) -> [EscalationStep] {
    users.map { .notify(.user($0, "Down"), advanceAfter: time, until: .delivered) }
  }

  @Test("Rule 1: an answer to the first step during the third of four ends it, and nothing is sent afterward")
  func firstDuringThird() async throws {
    let question = Question("Can you take it?", options: ["Yes", "No"])
    let policy = EscalationPolicy(
      ["sarah", "bob", "eve", "dan"].map {
        .notify(.ask(question, .user($0)), advanceAfter: .seconds(600), until: .answered)
      },
      deadline: .seconds(7_200)
    )
    let scene = EscalationScene(policy)
    let store = InMemoryDeliveryStore()
    let result = try await scene.finished(on: store) { client, clock, transport in
      try await scene.send(1)
      let visitor = try await AskTests.visitor(client, transport)
      try await scene.pass(clock, minutes: 10, 10)
      try await scene.send(3)
      #expect(await visitor.choose("Yes").status == 200)
    }
    #expect(result.step == 0)
    #expect(result.reply?.option == "Yes")
    #expect(result.attempts.count == 3)
    // The fourth step would be due, here and in another process.
    let again = try await scene.process(on: store) { client, clock, _ in
      clock.advance(by: .seconds(3_600))
      return try await client.escalate(policy, idempotencyKey: "incident")
    }
    #expect(again.step == 0)
    #expect(scene.sent == [Post("sarah", 0), Post("bob", 10), Post("eve", 20)])
  }

  @Test("Rule 1: a failure lets the next step begin immediately, and silence lets it begin in its time")
  func advance() async throws {
    let scene = EscalationScene(
      EscalationPolicy(Self.steps("sarah", "bob", "eve"), deadline: .seconds(3_600))
    ) {
      .accepted(id: "ntf_\($0)", callbacks: $0 == "bob" ? [.failed.sent(.with)] : [])
    }
    let result = try await scene.finished { _, clock, transport in
      try await scene.pass(clock, minutes: 10)
      try await scene.send(3)
      await scene.deliver(.delivered, of: "eve", transport)
    }
    #expect(result.step == 2)
    #expect(scene.sent == [Post("sarah", 0), Post("bob", 10), Post("eve", 10)])
  }

  @Test("Rule 3: the last step gets what is left of the one deadline, and no pause is longer than it")
  func deadline() async throws {
    let scene = EscalationScene(EscalationPolicy(Self.steps("sarah", "bob"), deadline: .seconds(900)))
    let result = try await scene.finished { _, clock, _ in
      try await scene.pass(clock, minutes: 10, 5)
    }
    #expect(result.outcome.hasTimedOut)
    #expect(scene.sent == [Post("sarah", 0), Post("bob", 10)])

    let long = EscalationScene(
      EscalationPolicy(Self.steps("sarah", "bob", after: .seconds(86_400)), deadline: .seconds(900))
    )
    _ = try await long.finished { _, clock, _ in try await long.pass(clock, minutes: 15) }
    #expect(long.sent == [Post("sarah", 0)])
  }

  @Test("Rule 3: repeated steps share the deadline")
  func repeated() async throws {
    let policy = EscalationPolicy(Self.steps("sarah", "bob"), deadline: .seconds(2_100)).repeated(9)
    let scene = EscalationScene(policy)
    _ = try await scene.finished { _, clock, _ in
      try await scene.pass(clock, minutes: 10, 10, 10, 5)
    }
    #expect(scene.sent == [Post("sarah", 0), Post("bob", 10), Post("sarah", 20), Post("bob", 30)])
  }

  @Test("Rule 4: a delivery isn't an answer, and an opened message isn't a click")
  func goals() async throws {
    let policy = EscalationPolicy(
      [
        .notify(.user("sarah", "Down"), advanceAfter: .seconds(600), until: .answered),
        .notify(.user("bob", "Down"), advanceAfter: .seconds(600), until: .clicked),
        .notify(.user("eve", "Down"), advanceAfter: .seconds(600), until: .opened),
      ],
      deadline: .seconds(3_600)
    )
    let scene = EscalationScene(policy) {
      .accepted(id: "ntf_\($0)", callbacks: [.delivered.sent(.with), .opened.sent(.with)])
    }
    let result = try await scene.finished { _, clock, _ in try await scene.pass(clock, minutes: 10, 10) }
    #expect(result.step == 2)
    #expect(scene.sent == [Post("sarah", 0), Post("bob", 10), Post("eve", 20)])
  }

  /// A step that is due outside of its hours, on a usual day and on those on which the clocks change.
  struct Night: Sendable, CustomTestStringConvertible {
    var start: String
    var from: String
    /// The minutes until its hours begin.
    var minutes: Int

    var testDescription: String { "\(start), from \(from)" }
  }

  @Test(
    "Rule 5: a step on hold begins with its hours, and the earlier one may win until then",
    arguments: [
      Night(start: "2026-07-01T20:30:00Z", from: "07:00", minutes: 30),
      // The clocks go forward: 01:59 is followed by 03:00, so there's no 02:30.
      Night(start: "2026-10-03T15:30:00Z", from: "02:30", minutes: 30),
      // The clocks go back: 02:59 is followed by 02:00, and the hours begin at the first 02:30.
      Night(start: "2026-04-04T15:00:00Z", from: "02:30", minutes: 30),
    ]
  )
  func hold(night: Night) async throws {
    let hours = EscalationHours(from: night.from, to: "23:00", timeZone: "Australia/Sydney", otherwise: .hold)
    var steps = Self.steps("sarah", "bob")
    steps[1].hours = hours
    let scene = EscalationScene(
      EscalationPolicy(steps, deadline: .seconds(7_200)),
      start: try #require(RFC3339.parse(night.start))
    )
    let result = try await scene.finished { _, clock, transport in
      try await scene.pass(clock, minutes: 10)
      await scene.pass(clock, minutes: night.minutes - 10, every: 1)
      try await scene.send(2)
      await scene.deliver(.delivered, of: "sarah", transport)
    }
    #expect(result.step == 0)
    #expect(scene.sent == [Post("sarah", 0), Post("bob", night.minutes)])
  }

  @Test("Rule 7: cancelling ends the wait, and neither the send that is under way nor what was sent before")
  func cancelled() async throws {
    let isReleased = Watched(false)
    let store = InMemoryDeliveryStore()
    let scene = EscalationScene(EscalationPolicy(Self.steps("sarah", "bob"), deadline: .seconds(3_600)))
    try await scene.process(on: store) { client, clock, transport in
      let slow = try SmoovenClient(
        configuration: client.configuration,
        transport: SlowTransport(base: transport, isReleased: isReleased),
        store: store
      )
      let running = Task { try await slow.run() }
      let task = Task { try await slow.escalate(scene.policy, idempotencyKey: "incident") }
      try await scene.send(1)
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(slow.tracker.waitCount == 0)
      isReleased.update { $0 = true }
      try await until { try await store.load(.id("ntf_sarah", group: "smooven")) != nil }
      running.cancel()
      _ = try? await running.value
    }
    // The message is on its way, and its delivery still ends the escalation.
    let result = try await scene.finished(on: store) { _, _, transport in
      await scene.deliver(.delivered, of: "sarah", transport)
    }
    #expect(result.step == 0)
    #expect(scene.sent == [Post("sarah", 0)])
  }

  /// Holds back all responses.
  private struct SlowTransport: SmoovenTransport {
    let base: MockTransport
    let isReleased: Watched<Bool>

    func send(_ request: TransportRequest) async throws -> TransportResponse {
      let response = try await base.send(request)
      try await isReleased.first { $0 ? () : nil }
      return response
    }
  }

  @Test(
    "Rule 7: if all steps fail it's the last failure, and if only some do it's a timeout",
    arguments: [true, false]
  )
  func ends(hasSilentStep: Bool) async throws {
    let scene = EscalationScene(EscalationPolicy(Self.steps("sarah", "bob"), deadline: .seconds(900))) {
      name in
      .accepted(id: "ntf_\(name)", callbacks: name == "bob" && hasSilentStep ? [] : [.failed.sent(.with)])
    }
    let result = try await scene.finished { _, clock, _ in
      if hasSilentStep { try await scene.pass(clock, minutes: 15, sent: 2) }
    }
    switch result.outcome {
    case .failed(let event): #expect(!hasSilentStep && event.correlationIDs == ["ntf_bob"])
    case .timedOut: #expect(hasSilentStep)
    case .delivered: Issue.record("it has failed")
    }
    #expect(scene.sent == [Post("sarah", 0), Post("bob", 0)])
  }

  @Test("A step may expect the callback of another API, which wins", arguments: [true, false])
  func expects(isLate: Bool) async throws {
    let policy = EscalationPolicy(
      [.run("call the duty phone", advanceAfter: .seconds(600))] + Self.steps("bob"),
      deadline: .seconds(3_600)
    )
    let scene = EscalationScene(policy)
    let urls = Watched<[String]>([])
    let call: EscalationRun = { context in
      try await context.client.receiver.expect(
        SmobiCallbackProvider(),
        publicURL: "https://agent.example.com/hooks",
        timeout: context.timeLeft
      ) { callback in
        #expect(context.idempotencyKey == "incident\u{1F}0")
        urls.update { $0.append(callback.callbackURL) }
      }
    }
    let result = try await scene.finished(runs: ["call the duty phone": call]) { client, clock, _ in
      let url = try await urls.first { $0.first }
      if isLate {
        try await scene.pass(clock, minutes: 10, sent: 0)
        try await scene.send(1)
      }
      let callback = try Sender.smobi.arrivalRequest("call_1", to: url)
      #expect(await client.receiver.status(of: callback) == 200)
    }
    #expect(result.step == 0)
    #expect(result.outcome.event?.correlationIDs == ["call_1"])
    #expect(scene.sent == (isLate ? [Post("bob", 10)] : []))
  }
}
