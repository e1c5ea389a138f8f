import Smooven
import SmoovenTesting
import Testing

@testable import AgentLoop

@Suite("The reminder agent", .timeLimit(.minutes(1))) struct MockedAgentTests {
  @Test("A delivered reminder needs one notification")
  func delivered() async throws {
    let transport = MockTransport(secretKey: secretKey, answer: .accepted(callbacks: [.sent, .delivered]))
    let result = try await withAgent(transport) { agent in
      try await agent.remind(sarah, of: "the dentist")
    }
    #expect(result == .reached(.sms))
    #expect(transport.requests.count == 1)
    #expect(transport.requests.first?.json["context"]?["user_id"] == "sarah@example.com")
  }

  @Test("After a failure the agent sends an email")
  func failed() async throws {
    let transport = MockTransport(secretKey: secretKey)
    transport.script(
      .accepted(callbacks: [.sent, .failed]),
      .accepted(channel: .email, callbacks: [.delivered.on(.email)])
    )
    let result = try await withAgent(transport) { agent in
      try await agent.remind(sarah, of: "the dentist")
    }
    #expect(result == .reached(.email))
    #expect(transport.requests.last?.json["channel"] == "email")
  }

  @Test("A callback that arrives before the response counts")
  func early() async throws {
    let transport = MockTransport(
      secretKey: secretKey,
      answer: .accepted(callbacks: [.delivered.sent(.before)])
    )
    let result = try await withAgent(transport) { agent in
      try await agent.remind(sarah, of: "the dentist")
    }
    #expect(result == .reached(.sms))
  }

  @Test("When time runs out the agent becomes more urgent, then gives up")
  func timedOut() async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: secretKey, answer: .accepted(callbacks: [.queued]))
    let result = try await withAgent(transport, clock: clock) { agent in
      var callbacks = agent.smooven.receiver.events().makeAsyncIterator()
      async let result = agent.remind(sarah, of: "the dentist")
      for _ in 1...3 {
        _ = await callbacks.next()  // Smooven has the notification
        #expect(await clock.nextTimer() == .seconds(30))  // and the agent waits
        clock.advance(by: .seconds(30))
      }
      return try await result
    }
    #expect(result == .unreachable)
    #expect(transport.requests.map { $0.json["urgency"] } == ["normal", "high", "critical"])
  }

  @Test("A 429 is retried after the pause that Smooven asks for")
  func retried() async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: secretKey)
    transport.script(
      .refused(status: 429, code: "rate_limited", retryAfter: 2),
      .accepted(callbacks: [.delivered])
    )
    let result = try await withAgent(transport, clock: clock) { agent in
      async let result = agent.remind(sarah, of: "the dentist")
      // The other timers are the deadline of the wait. A random part is added to the pause.
      var pause = Duration.seconds(30)
      while pause == .seconds(30) { pause = try #require(await clock.nextTimer()) }
      #expect(pause >= .seconds(2) && pause <= .seconds(4))
      clock.advance(by: pause)
      return try await result
    }
    #expect(result == .reached(.sms))
    #expect(transport.requests.count == 2)
  }
}
