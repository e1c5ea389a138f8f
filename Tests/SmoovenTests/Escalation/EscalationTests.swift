import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

@Suite("Escalation", .timeLimit(.minutes(1))) struct EscalationTests {
  /// Returns a transport that accepts every notification under the name of its recipient.
  ///
  /// Some have callbacks immediately.
  static func transport(
    _ callbacks: [String: [MockCallback]] = [:],
    posts: Watched<[String]> = Watched([])
  ) -> MockTransport {
    MockTransport(
      secretKey: testKey,
      answer: .choosing { request in
        let name = recipient(request)
        posts.update { $0.append(name) }
        if name == "refused" { return .refused(status: 400, code: "invalid_recipient") }
        if name == "unreachable" { return .failure(TransportError(.notSent, "refused")) }
        return .accepted(id: "ntf_\(name)", callbacks: callbacks[name] ?? [])
      }
    )
  }

  static func recipient(_ request: MockTransport.Request) -> String {
    request.json["context"]?["user_id"]?.stringValue ?? request.json["to"]?.stringValue ?? "-"
  }

  static func step(
    _ user: String,
    after time: Duration = .seconds(600),
    until goal: EscalationGoal = .delivered
  ) -> EscalationStep {
    .notify(.user(user, "The database is down"), advanceAfter: time, until: goal)
  }

  func recipients(_ transport: MockTransport) -> [String] {
    transport.requests.filter { $0.head.method == .post }.map(Self.recipient)
  }

  @Test("Delivery of the first step ends it, and nothing else is sent")
  func first() async throws {
    let transport = Self.transport(["sarah": [.delivered]])
    try await withMockedClient(transport) { client in
      let policy = EscalationPolicy([Self.step("sarah"), Self.step("bob")], deadline: .seconds(900))
      let result = try await client.escalate(policy)
      #expect(result.step == 0)
      #expect(result.outcome.isDelivered)
      #expect(result.attempts.map(\.status) == [.delivered])
      #expect(client.tracker.waitCount == 0)
    }
    #expect(recipients(transport) == ["sarah"])
  }

  @Test("After a failure or a refusal, the next step begins immediately")
  func failures() async throws {
    let transport = Self.transport(["sarah": [.failed], "bob": [.delivered]])
    try await withMockedClient(transport) { client in
      let steps = ["sarah", "refused", "bob"].map { Self.step($0) }
      let result = try await client.escalate(EscalationPolicy(steps, deadline: .seconds(900)))
      #expect(result.step == 2)
      #expect(result.attempts.map(\.error?.code) == [nil, .rejected, nil])
    }
    #expect(recipients(transport) == ["sarah", "refused", "bob"])
  }

  @Test("If all failed, the result is the last failure, and if all were refused, an error")
  func ends() async throws {
    let transport = Self.transport(["sarah": [.failed], "silent": [.sent]])
    try await withMockedClient(transport) { client in
      let failed = EscalationPolicy([Self.step("refused"), Self.step("sarah")], deadline: .seconds(900))
      guard case .failed(let event) = try await client.escalate(failed).outcome else {
        return #expect(Bool(false), "it has not failed")
      }
      #expect(event.correlationIDs == ["ntf_sarah"])
      let refused = EscalationPolicy([Self.step("refused")], deadline: .seconds(900))
      let error = await #expect(throws: SmoovenError.self) { _ = try await client.escalate(refused) }
      #expect(error?.code == .rejected)
      let silent = EscalationPolicy([Self.step("sarah"), Self.step("silent")], deadline: .milliseconds(50))
      let outcome = try await client.escalate(silent).outcome
      #expect(outcome == .timedOut(lastKnown: .sent), "\(outcome)")
    }
  }

  @Test("Silence lets the next step begin, and the earlier one may still win")
  func earlierWins() async throws {
    let posts = Watched<[String]>([])
    let transport = Self.transport(posts: posts)
    try await withMockedClient(transport) { client in
      let policy = EscalationPolicy(
        [
          Self.step("sarah", after: .milliseconds(1)), Self.step("bob", after: .milliseconds(1)),
          Self.step("eve"),
        ],
        deadline: .seconds(900)
      )
      async let result = client.escalate(policy)
      // Once the last step has begun, the first one is answered.
      try await posts.first { $0.count == 3 ? () : nil }
      await transport.deliver(.delivered, notificationID: "ntf_sarah")
      let end = try await result
      #expect(end.step == 0)
      #expect(end.attempts.count == 3)
    }
    // After a millisecond, the next step may be sent first.
    #expect(Set(recipients(transport)) == ["sarah", "bob", "eve"])
  }

  @Test("Messages of one step are sent together, and it has failed if all of them have")
  func together() async throws {
    let transport = Self.transport(["sarah": [.failed], "+61400000000": [.failed], "bob": [.delivered]])
    try await withMockedClient(transport) { client in
      let both = EscalationStep.together(
        [.user("sarah", "Down"), .channel(.sms, to: "+61400000000", "Down")],
        advanceAfter: .seconds(600),
        until: .delivered
      )
      let result = try await client.escalate(
        EscalationPolicy([both, Self.step("bob")], deadline: .seconds(900))
      )
      #expect(result.step == 1)
      #expect(result.attempts.map(\.message) == [0, 1, 0])
    }
  }

  @Test("An answer wins, a delivery doesn't, and each recipient learns once that it's settled")
  func answered() async throws {
    let transport = Self.transport(["sarah": [.delivered], "bob": [.delivered]])
    try await withMockedClient(transport) { client in
      let question = Question("Can you take it?", options: ["Yes", "No"])
      let policy = EscalationPolicy(
        [
          Self.step("bob", after: .milliseconds(1), until: .answered),
          .notify(.ask(question, .user("sarah")), advanceAfter: .seconds(600), until: .answered),
        ],
        deadline: .seconds(900),
        onSettled: "Sarah has it."
      )
      async let result = client.escalate(policy, idempotencyKey: "incident:1")
      var seen = client.receiver.events().makeAsyncIterator()
      while let event = await seen.next(), event.correlationIDs != ["ntf_sarah"] {}
      let visitor = try await AskTests.visitor(client, transport)
      #expect(await visitor.choose("Yes").status == 200)
      let end = try await result
      #expect(end.reply?.option == "Yes")
      #expect(end.step == 1)
      #expect(recipients(transport) == ["bob", "sarah", "bob"])
      #expect(transport.requests.last?.json["intent"] == "Sarah has it.")
      // A second call under the key gets the stored end, and sends nothing.
      #expect(try await client.escalate(policy, idempotencyKey: "incident:1").reply?.option == "Yes")
      #expect(recipients(transport).count == 3)
    }
  }

  @Test("After a restart no step is repeated, none is forgotten, and the time in between counts")
  func restart() async throws {
    let store = HookedStore()
    let dates = Watched(Date(timeIntervalSince1970: 1_800_000_000))
    let configuration = mockConfiguration { $0.now = { dates.read(\.self) } }
    let policy = EscalationPolicy(["a", "b", "c"].map { Self.step($0) }, deadline: .seconds(2_000))
    var sent: [String] = []
    for expected in ["a", "b", "c"] {
      let transport = Self.transport()
      try await withMockedClient(transport, configuration: configuration, store: store) { client in
        let task = Task { try await client.escalate(policy, idempotencyKey: "incident:2") }
        try await store.until { try await $0.load(.id("ntf_\(expected)", group: "smooven")) != nil }
        task.cancel()
        _ = try? await task.value
      }
      #expect(recipients(transport) == [expected])
      sent += recipients(transport)
      // The next process runs ten minutes and a second later.
      dates.update { $0 += 601 }
    }
    #expect(sent == ["a", "b", "c"])
    // Past the deadline, an answer to the first step that is known by then still counts.
    dates.update { $0 += 1_000 }
    let transport = Self.transport()
    try await withMockedClient(transport, configuration: configuration, store: store) { client in
      let delivered = MockCallback("notification.delivered", timestamp: dates.read { $0 })
      await transport.deliver(delivered, notificationID: "ntf_a")
      let result = try await client.escalate(policy, idempotencyKey: "incident:2")
      #expect(result.step == 0)
    }
    #expect(transport.requestCount == 0)
  }

  @Test("A policy that changed under its key is a conflict")
  func changed() async throws {
    let transport = Self.transport()
    try await withMockedClient(transport) { client in
      let policy = EscalationPolicy([Self.step("sarah")], deadline: .milliseconds(20))
      _ = try await client.escalate(policy, idempotencyKey: "k")
      let other = EscalationPolicy([Self.step("bob")], deadline: .milliseconds(20))
      let error = await #expect(throws: SmoovenError.self) {
        _ = try await client.escalate(other, idempotencyKey: "k")
      }
      #expect(error?.code == .idempotencyConflict)
    }
  }

  @Test("Nothing is sent after a winner that was committed before the message is armed")
  func superseded() async throws {
    // The callback of the first step arrives between the claim of the second one and its arming, only in the store, as
    // if another process had received it.
    let transport = Self.transport()
    let memory = InMemoryDeliveryStore()
    let isCommitted = Watched(false)
    let hook: HookedStore.Hook = { step in
      guard step == .insert, try await memory.load(.idempotencyKey("k\u{1F}1")) != nil,
        let first = try await memory.load(.idempotencyKey("k\u{1F}0")),
        isCommitted.update({
          let was = $0
          $0 = true
          return !was
        })
      else { return }
      let delivered = event(.delivered, id: "ntf_sarah")
      let callback = StoredCallback(delivered, token: first.delivery.token, receivedAt: Date())
      _ = try await memory.append([callback])
    }
    let store = HookedStore(memory, after: hook)
    try await withMockedClient(transport, store: store) { client in
      let policy = EscalationPolicy(
        [Self.step("sarah", after: .milliseconds(1)), Self.step("bob")],
        deadline: .seconds(900)
      )
      let result = try await client.escalate(policy, idempotencyKey: "k")
      #expect(result.step == 0)
      #expect(result.outcome.isDelivered)
      #expect(result.outcome.event?.correlationIDs == ["ntf_sarah"])
    }
    #expect(isCommitted.read { $0 })
    #expect(recipients(transport) == ["sarah"])
  }

  @Test("The code of a step gets its key, and its end is the step's")
  func run() async throws {
    let transport = Self.transport(["bob": [.delivered]])
    let keys = Watched<[String]>([])
    try await withMockedClient(transport) { client in
      struct Broken: Error {}
      let policy = EscalationPolicy(
        [
          .run("broken", advanceAfter: .seconds(600)), .run("silent", advanceAfter: .milliseconds(1)),
          .run("call", advanceAfter: .seconds(600)),
        ],
        deadline: .seconds(900)
      )
      let result = try await client.escalate(
        policy,
        idempotencyKey: "k",
        runs: [
          "broken": { _ in throw Broken() },
          "silent": { _ in .timedOut(lastKnown: .sent) },
          "call": { context in
            keys.update { $0.append(context.idempotencyKey) }
            return try await context.client.sendAndWait(
              intent: "Call Bob",
              context: .init(userID: "bob"),
              timeout: .seconds(30)
            )
          },
        ]
      )
      #expect(result.step == 2)
      #expect(result.outcome.isDelivered)
      let missing = await #expect(throws: SmoovenError.self) { _ = try await client.escalate(policy) }
      #expect(missing?.code == .invalidConfiguration)
    }
    #expect(keys.read { $0 } == ["k\u{1F}2"])
  }

  @Test("Outside its hours, a step is skipped")
  func hours() async throws {
    // Noon in UTC, which is late in the evening in Sydney.
    let noon = Date(timeIntervalSince1970: 1_800_014_400)
    let transport = Self.transport(["bob": [MockCallback("notification.delivered", timestamp: noon)]])
    let configuration = mockConfiguration { $0.now = { noon } }
    try await withMockedClient(transport, configuration: configuration) { client in
      var step = Self.step("sarah")
      step.hours = EscalationHours(from: "07:00", to: "17:00", timeZone: "Australia/Sydney", otherwise: .skip)
      let policy = EscalationPolicy([step, Self.step("bob")], deadline: .seconds(900))
      let result = try await client.escalate(policy)
      #expect(result.step == 1)
    }
    #expect(recipients(transport) == ["bob"])
  }

  @Test("Cancelling ends the wait immediately")
  func cancelled() async throws {
    let clock = ManualClock()
    let transport = Self.transport()
    try await withMockedClient(transport, configuration: mockConfiguration(clock: clock)) { client in
      let task = Task {
        try await client.escalate(EscalationPolicy([Self.step("sarah")], deadline: .seconds(900)))
      }
      // It waits until its deadline.
      while let timer = await clock.nextTimer(), timer != .seconds(900) {}
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(client.tracker.waitCount == 0)
    }
  }
}
