import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

@Suite("Unclear and refused sends", .timeLimit(.minutes(1))) struct UnclearSendTests {
  static let unclear: [MockAnswer] = [
    .failure(TransportError(.noResponse, "cut"), id: "ntf_1"),
    .json(["success": true]),
    .bytes(Array("<html>".utf8)),
    .bytes([], status: 500),
    .bytes([], status: 502),
    .bytes([], status: 504),
    .nothing(id: "ntf_1"),
  ]

  @Test("A callback proves that an unclear send happened, with one POST", arguments: unclear.indices)
  func provenByCallback(index: Int) async throws {
    var answer = Self.unclear[index]
    answer.callbacks = [.queued.sent(.with), .delivered.sent(.with)]
    let transport = MockTransport(secretKey: testKey, answer: answer)
    let outcome = try await withMockedClient(transport) { try await $0.remind() }
    #expect(outcome.isDelivered)
    #expect(transport.requests.count == 1)
  }

  @Test("Without a callback, an unclear send times out unconfirmed", arguments: unclear.indices)
  func unconfirmed(index: Int) async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: testKey, answer: Self.unclear[index])
    let outcome = try await withMockedClient(transport, configuration: mockConfiguration(clock: clock)) {
      client in
      async let outcome = client.remind(timeout: .seconds(3))
      #expect(await clock.nextTimer() == .seconds(3))
      try await transport.waitForRequests(1)
      clock.advance(by: .seconds(3))
      return try await outcome
    }
    #expect(outcome == .timedOut(lastKnown: .unconfirmed))
    #expect(transport.requests.count == 1)
  }

  @Test("notify returns a handle for an unclear send, and says so")
  func handleOfUnclearSend() async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .failure(TransportError(.noResponse, "cut"), id: "ntf_1")
    )
    try await withMockedClient(transport) { client in
      let handle = try await client.notifySarah()
      #expect(handle.sendError?.code == .unconfirmed)
      #expect(handle.receipt == nil)
      #expect(handle.id == nil)
      #expect(handle.status == .unconfirmed)
    }
  }

  @Test("Repeating an unclear send is an opt-in")
  func optIn() async throws {
    let clock = ManualClock()
    let configuration = mockConfiguration(clock: clock) { configuration in
      configuration.retry = .init(
        maximumAttempts: 2,
        initialBackoff: .seconds(1),
        retriesUnclearSends: true
      )
    }
    let transport = MockTransport(secretKey: testKey)
    transport.script(.bytes([], status: 500), .accepted(callbacks: [.delivered]))
    let outcome = try await withMockedClient(transport, configuration: configuration) { client in
      async let outcome = client.remind(timeout: .seconds(30))
      var timer = await clock.nextTimer()
      if timer == .seconds(30) { timer = await clock.nextTimer() }
      clock.advance(by: timer ?? .zero)
      return try await outcome
    }
    #expect(outcome.isDelivered)
    #expect(transport.requests.count == 2)
    #expect(Set(transport.requests.compactMap(\.callbackURL)).count == 1)
  }

  @Test(
    "A refusal fails immediately, and says why",
    arguments: zip(
      [400, 401, 403, 404, 409, 422, 302],
      [
        SmoovenError.Code.rejected, .unauthorized, .unauthorized, .notFound, .rejected, .rejected, .rejected,
      ]
    )
  )
  func refused(status: Int, code: SmoovenError.Code) async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .refused(status: status, code: "invalid_recipient")
    )
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport) { try await $0.remind() }
    }
    #expect(error?.code == code)
    #expect(error?.status == status)
    #expect(error?.apiCode == "invalid_recipient")
    #expect(error?.description.contains("invalid_recipient") == true)
    #expect(error?.isRetryable == false)
    #expect(transport.requests.count == 1)
  }

  @Test("A refused connection fails when the attempts are used up")
  func refusedConnection() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .failure(TransportError(.notSent, "refused")))
    let configuration = mockConfiguration {
      $0.retry = .init(maximumAttempts: 3, initialBackoff: .milliseconds(1))
    }
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport, configuration: configuration) { try await $0.remind() }
    }
    #expect(error?.code == .connectionFailed)
    #expect(error?.isRetryable == true)
    #expect(transport.requests.count == 3)
  }

  @Test("429 and 503 are tried again after Retry-After", arguments: [429, 503])
  func retryAfter(status: Int) async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: testKey)
    transport.script(.refused(status: status, code: "busy", retryAfter: 7))
    let configuration = mockConfiguration(clock: clock)
    let outcome = try await withMockedClient(transport, configuration: configuration) { client in
      async let outcome = client.remind(timeout: .seconds(30))
      var timer = await clock.nextTimer()
      if timer == .seconds(30) { timer = await clock.nextTimer() }
      // A random part is added, so that many senders don't wake together.
      #expect(try #require(timer) >= .seconds(7))
      clock.advance(by: timer ?? .zero)
      return try await outcome
    }
    #expect(outcome.isDelivered)
    #expect(transport.requests.count == 2)
  }

  @Test("A retry that would begin after the deadline is an error immediately", arguments: [429, 503])
  func retryTooLate(status: Int) async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .refused(status: status, code: "busy", retryAfter: 60)
    )
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport) { try await $0.remind(timeout: .seconds(30)) }
    }
    #expect(error?.isRetryable == true)
    #expect(error?.retryAfter == .seconds(60))
    #expect(transport.requests.count == 1)
  }

  @Test("A success:false with status 200 is a refusal")
  func falseSuccess() async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .json(["success": false, "error": ["code": "quota_exceeded"]])
    )
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport) { try await $0.remind() }
    }
    #expect(error?.apiCode == "quota_exceeded")
  }

  @Test("An error code of the wrong form isn't printed")
  func unprintableCode() async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .refused(status: 400, code: "bad number +61400000000")
    )
    let error = await #expect(throws: SmoovenError.self) {
      try await withMockedClient(transport) { try await $0.remind() }
    }
    #expect(error?.apiCode == nil)
    #expect(error?.description.contains("614") == false)
  }

  @Test("A callback during the pause before a retry proves that the request was carried out")
  func provenDuringBackoff() async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: testKey)
    transport.script(.refused(status: 503, code: "busy", retryAfter: 7))
    try await withMockedClient(transport, configuration: mockConfiguration(clock: clock)) { client in
      async let outcome = client.remind(timeout: .seconds(30))
      var timer = await clock.nextTimer()
      if timer == .seconds(30) { timer = await clock.nextTimer() }
      let url = try #require(transport.requests.first?.callbackURL)
      await transport.deliver(.queued, notificationID: "ntf_1", to: url)
      clock.advance(by: timer ?? .zero)
      await transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      let result = try await outcome
      #expect(result.isDelivered)
    }
    #expect(transport.requestCount == 1)
  }
}
