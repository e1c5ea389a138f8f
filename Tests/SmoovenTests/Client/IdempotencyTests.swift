import Foundation
import HTTPTypes
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

/// Keys on a store that outlives its clients, like a file.
///
/// A second client is the process after a restart.
@Suite("Idempotency keys", .timeLimit(.minutes(1))) struct IdempotencyTests {
  let store = HookedStore()
  let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))

  /// Runs one "process" on the shared store.
  func process<Result: Sendable>(
    _ change: (inout SmoovenConfiguration) -> Void = { _ in },
    _ body: @escaping (SmoovenClient) async throws -> Result
  ) async throws -> Result {
    try await withMockedClient(transport, configuration: mockConfiguration(change), store: store, body)
  }

  /// Runs a process that ends while it waits.
  func sendAndDie() async throws {
    try await process { client in
      let call = Task { try await client.remind(key: "k") }
      try await client.waits(1)
      try await store.idIsStored()
      call.cancel()
      await #expect(throws: CancellationError.self) { try await call.value }
    }
  }

  @Test("The same key again returns the stored outcome, and sends nothing")
  func storedOutcome() async throws {
    transport.script(.accepted(id: "ntf_1", callbacks: [.sent, .delivered]))
    let first = try await process { try await $0.remind(key: "k") }
    #expect(first.isDelivered)
    let second = try await process { try await $0.remind(key: "k") }
    #expect(second == first)
    #expect(transport.requestCount == 1)
    #expect(try await store.allPending() == [])
  }

  @Test("For later callers, a delivery that was given up has failed", arguments: [Urgency.normal, .critical])
  func givenUp(urgency: Urgency) async throws {
    transport.script(.failure(TransportError(.noResponse, "no response")))
    try await process { client in
      let first = try await client.remind(timeout: .milliseconds(50), urgency: urgency, key: "k")
      #expect(first.event == nil)
      #expect(try await client.giveUp(onKey: "k"))
    }
    for _ in 0..<2 {
      let outcome = try await process { try await $0.remind(urgency: urgency, key: "k") }
      #expect(!outcome.isDelivered && outcome.event?.failure?.code == "given_up")
    }
    #expect(transport.requestCount == 1)
  }

  @Test("A stored failure stays one, for critical notifications too", arguments: [Urgency.normal, .critical])
  func storedFailure(urgency: Urgency) async throws {
    transport.script(
      .accepted(id: "ntf_1", callbacks: [.failed.on(.push), .failed.on(.sms)])
    )
    let first = try await process { try await $0.remind(urgency: urgency, key: "k") }
    let second = try await process { try await $0.remind(urgency: urgency, key: "k") }
    #expect(first == second)
    #expect(!second.isDelivered && second.event != nil)
    #expect(transport.requestCount == 1)
  }

  @Test("After a crash, a call under the same key continues waiting at the stored token")
  func goesOn() async throws {
    try await sendAndDie()
    let outcome = try await process { client in
      async let outcome = client.remind(key: "k")
      try await client.waits(1)
      let url = try #require(transport.requests.first?.callbackURL)
      await transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      return try await outcome
    }
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 1)
  }

  @Test("A callback that arrived while nothing waited is found", arguments: [true, false])
  func foundLater(isAtToken: Bool) async throws {
    try await sendAndDie()
    let outcome = try await process { client in
      let url = try #require(transport.requests.first?.callbackURL)
      let status = await transport.deliver(
        .delivered,
        notificationID: "ntf_1",
        to: isAtToken ? url : "/callbacks/smooven"
      )
      #expect(status == .ok)
      return try await client.remind(key: "k")
    }
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 1)
  }

  @Test("The same key with another request is an error that says so, and sends nothing")
  func conflict() async throws {
    transport.script(.accepted(id: "ntf_1", callbacks: [.delivered]))
    _ = try await process { try await $0.remind(key: "k") }
    let error = try await #require(throws: SmoovenError.self) {
      try await process { try await $0.remind(urgency: .high, key: "k") }
    }
    #expect(error.code == .idempotencyConflict)
    #expect(error.field == "idempotencyKey")
    #expect(transport.requestCount == 1)
  }

  @Test(
    "Invalid keys are refused before anything is stored",
    arguments: ["", String(repeating: "k", count: 256)]
  )
  func badKeys(key: String) async throws {
    let error = try await #require(throws: SmoovenError.self) {
      try await process { try await $0.remind(key: key) }
    }
    #expect(error.code == .invalidRequest)
    #expect(try await store.allPending() == [])
  }

  @Test("A send that certainly failed frees its key", arguments: [400, 401, 404])
  func refused(status: Int) async throws {
    transport.script(.bytes([], status: status), .accepted(id: "ntf_2", callbacks: [.delivered]))
    await #expect(throws: SmoovenError.self) { try await process { try await $0.remind(key: "k") } }
    #expect(try await store.allPending().map(\.claim) == [nil])
    let outcome = try await process { try await $0.remind(key: "k") }
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 2)
  }

  @Test(
    "If a callback proves a send, it isn't repeated under its key, whatever the responses were",
    arguments: [[400], [503], [500, 400]]
  )
  func provenByCallback(statuses: [Int]) async throws {
    for status in statuses { transport.script(.bytes([], status: status, callbacks: [.sent.sent(.before)])) }
    let clock = ManualClock()
    let configuration = mockConfiguration(clock: clock) {
      $0.retry = .init(maximumAttempts: statuses.count, retriesUnclearSends: true)
    }
    let first = try await withMockedClient(transport, configuration: configuration, store: store) { client in
      var events = client.receiver.events().makeAsyncIterator()
      async let outcome = client.remind(timeout: .seconds(3), key: "k")
      // The callback arrives while the request is under way.
      #expect(await events.next()?.kind == .sent)
      let url = try #require(transport.requests.first?.callbackURL)
      let token = try #require(DeliveryToken(url.suffix(32)))
      await client.sends.finished()
      if statuses.count > 1 {
        // Past the pause before the next attempt, which isn't made.
        while let timer = await clock.nextTimer() {
          guard timer < .seconds(3) else { continue }
          clock.advance(by: timer)
          break
        }
        try await until { client.receiver.tracker.snapshot(of: token)?.acceptance != .pending }
      }
      clock.advance(by: .seconds(3))
      return try await outcome
    }
    #expect(first == .timedOut(lastKnown: .sent))
    #expect(transport.requestCount == 1)
    #expect(try await store.allPending().count == 1)
    try await provenSecondCall()
  }

  @Test("If an earlier attempt may have been sent, a later one that wasn't doesn't change that")
  func unclearThenRefused() async throws {
    let unsent = TransportError(.notSent, "refused")
    transport.script(.bytes([], status: 500), .failure(unsent, id: "ntf_1", callbacks: [.delivered]))
    let outcome = try await process(
      {
        $0.retry = .init(
          maximumAttempts: 2,
          initialBackoff: .milliseconds(1),
          retriesUnclearSends: true
        )
      },
      { try await $0.remind() }
    )
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 2)
  }

  @Test("A callback after a refusal proves the send, even if it arrived while no client ran")
  func provenWhileDown() async throws {
    let delivery = try await unfinished(mayHaveLeft: false)
    _ = try await store.append([StoredCallback(event(.sent), token: delivery.token, receivedAt: Date())])
    try await provenSecondCall(
      requests: 0,
      url: "https://agent.example.com/hooks/callbacks/smooven/\(delivery.token.text)"
    )
  }

  private func provenSecondCall(requests: Int = 1, url: String? = nil) async throws {
    let outcome = try await process { client in
      async let outcome = client.remind(timeout: .seconds(5), key: "k")
      try await client.waits(1)
      let id = try #require(try await store.events(of: store.allPending()[0]).first?.correlationIDs.first)
      await transport.deliver(
        .delivered,
        notificationID: id,
        to: try #require(url ?? transport.requests.first?.callbackURL)
      )
      return try await outcome
    }
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == requests)
  }

  @Test("After a crash before the request was sent, it's sent at the stored token")
  func crashBeforeSend() async throws {
    let delivery = try await unfinished(mayHaveLeft: false)
    transport.script(.accepted(id: "ntf_1", callbacks: [.delivered]))
    let outcome = try await process { try await $0.remind(key: "k") }
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 1)
    #expect(transport.requests.first?.callbackURL?.hasSuffix(delivery.token.text) == true)
  }

  @Test("After a crash when it may have been sent, nothing is sent, and only a callback can tell")
  func crashWhileSending() async throws {
    _ = try await unfinished(mayHaveLeft: true)
    let clock = ManualClock()
    let configuration = mockConfiguration(clock: clock)
    let outcome = try await withMockedClient(transport, configuration: configuration, store: store) {
      client in
      async let outcome = client.remind(timeout: .seconds(3), key: "k")
      #expect(await clock.nextTimer() == .seconds(3))
      clock.advance(by: .seconds(3))
      return try await outcome
    }
    #expect(outcome == .timedOut(lastKnown: .unconfirmed))
    #expect(transport.requestCount == 0)
    #expect(try await store.allPending().count == 1)
  }

  @Test("Repeating an unclear send under a key is an opt-in, too")
  func optIn() async throws {
    _ = try await unfinished(mayHaveLeft: true)
    transport.script(.accepted(id: "ntf_1", callbacks: [.delivered]))
    let outcome = try await process(
      { $0.retry.retriesUnclearSends = true },
      { try await $0.remind(key: "k") }
    )
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 1)
  }

  @Test("Two simultaneous calls under one key share one send and one outcome")
  func concurrent() async throws {
    transport.script(.accepted(id: "ntf_1", callbacks: [.delivered.sent(.after)]))
    let outcomes = try await process { client in
      try await withThrowingTaskGroup(of: DeliveryOutcome.self) { group in
        for _ in 0..<20 { group.addTask { try await client.remind(key: "k") } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(outcomes.count == 20)
    #expect(Set(outcomes).count == 1)
    #expect(transport.requestCount == 1)
  }

  @Test("A cancelled caller doesn't end the send of another one under the same key")
  func cancelledCaller() async throws {
    transport.script(.accepted(id: "ntf_1", callbacks: [.delivered.sent(.after)]))
    let outcome = try await process { client in
      let first = Task { try await client.remind(key: "k") }
      try await client.waits(1)
      first.cancel()
      return try await client.remind(key: "k")
    }
    #expect(outcome.isDelivered)
    #expect(transport.requestCount == 1)
  }

  /// Stores what a process that dies around its send leaves behind.
  private func unfinished(mayHaveLeft: Bool) async throws -> StoredDelivery {
    let request = NotifyRequest(
      intent: "Remind Sarah",
      urgency: .normal,
      context: .init(userID: "sarah@example.com")
    )
    var delivery = StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: "k",
      group: "smooven",
      openedAt: Date(),
      fingerprint: try request.fingerprint()
    )
    if mayHaveLeft {
      delivery.attempt = 1
      delivery.claim = .init(owner: "dead", isArmed: true, leaseUntil: try await store.time())
    }
    _ = try await store.insert(delivery)
    return delivery
  }
}
