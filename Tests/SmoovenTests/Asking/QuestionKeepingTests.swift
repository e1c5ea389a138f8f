import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

/// How long a question and its answer are kept, and what a store that fails does to them.
@Suite("Keeping a question", .timeLimit(.minutes(1))) struct QuestionKeepingTests {
  let transport = MockTransport(secretKey: testKey, answer: .accepted(callbacks: []))
  let question = Question("Deploy?", options: ["Deploy", "Not now"])
  let source = Question.Source.smobi(customer: "+15552223333", sender: "Agent")

  func configuration(_ change: (inout SmoovenConfiguration) -> Void = { _ in }) -> SmoovenConfiguration {
    mockConfiguration {
      $0.endpoints = [CallbackEndpoint(.smobi(), authentication: .token("inbound-0123456789abcdef"))]
      $0.retry.initialBackoff = .milliseconds(1)
      change(&$0)
    }
  }

  func send(
    _ client: SmoovenClient,
    openFor time: Duration = .seconds(900),
    from source: Question.Source? = nil,
    key: String? = nil
  ) async throws -> QuestionHandle {
    try await client.sendQuestion(
      question,
      to: .user("sarah"),
      openFor: time,
      alsoFrom: source,
      idempotencyKey: key
    )
  }

  @Test("It's kept while its page is open, and longer if a later call extends that")
  func wanted() async throws {
    let store = InMemoryDeliveryStore()
    let day = Duration.seconds(86_400)
    try await withMockedClient(transport, store: store) { client in
      for (key, time, expected) in [
        (nil, day * 2, day * 2), ("k", day * 2, day * 2), ("k", day * 3, day * 3),
      ]
        as [(String?, Duration, Duration)]
      {
        let handle = try await send(client, openFor: time, key: key)
        await client.writes.finished()
        let token = handle.notification.token
        let delivery = try #require(try await store.load(.token(token))).delivery
        let wanted = try #require(delivery.wantedUntil)
        #expect(abs(wanted.timeIntervalSinceNow - expected.inSeconds) < 60)
        // As text it has milliseconds.
        let until = try #require(QuestionRecord(delivery)).until
        #expect(until <= wanted + 0.001)
      }
    }
  }

  @Test("A short question that joins an old one keeps it too")
  func joinedLate() async throws {
    let store = InMemoryDeliveryStore()
    let dates = Watched(Date(timeIntervalSince1970: 1_800_000_000))
    let configuration = mockConfiguration { $0.now = { dates.read(\.self) } }
    try await withMockedClient(transport, configuration: configuration, store: store) { client in
      _ = try await send(client, key: "k")
      dates.update { $0 += 23 * 3_600 }
      _ = try await send(client, openFor: .seconds(2 * 3_600), key: "k")
      await client.writes.finished()
      let delivery = try #require(try await store.load(.idempotencyKey("k"))).delivery
      let end = dates.read { $0 + 2 * 3_600 }
      #expect(delivery.wantedUntil.map { $0 >= end } == true)
    }
  }

  @Test("A question that no other call asked before isn't read again")
  func notExtended() async throws {
    let loads = Watched(0)
    let store = HookedStore(before: HookedStore.counting(loads))
    try await withMockedClient(transport, store: store) { client in
      _ = try await send(client, key: "k")
      await client.writes.finished()
      #expect(loads.read(\.self) == 0)
    }
  }

  @Test("An answer counts once, even if its page is visited much later")
  func oldAnswer() async throws {
    let dates = Watched(Date(timeIntervalSince1970: 1_800_000_000))
    let start = dates.read(\.self)
    let store = InMemoryDeliveryStore(
      capacity: 1_000,
      retention: .seconds(27 * 3_600),
      deliveryRetention: .seconds(86_400),
      minimumWindow: .seconds(600),
      unclaimedEvents: 100,
      monotonic: { .seconds(dates.read { $0.timeIntervalSince(start) }) }
    )
    let configuration = mockConfiguration { $0.now = { dates.read(\.self) } }
    try await withMockedClient(transport, configuration: configuration, store: store) { client in
      let names = Watched<[String]>([])
      client.receiver.observe({ event in names.update { $0.append(event.name) } }, onFinish: {})
      _ = try await send(client, openFor: .seconds(5 * 86_400))
      let visitor = try await AskTests.visitor(client, transport)
      #expect(await visitor.choose("Deploy").status == 200)
      for hours in [1, 47.0] {
        dates.update { $0 += hours * 3_600 }
        #expect(await visitor.choose("Deploy").status == 200)
        #expect(names.read(\.self) == ["answer.received"])
      }
    }
  }

  @Test(
    "A reply of another system is recorded once the store works again",
    arguments: [HookedStore.Step.load, .replace]
  )
  func failingStore(step failing: HookedStore.Step) async throws {
    let failures = Watched(0)
    let store = HookedStore(before: { step in
      guard step == failing,
        failures.update({ count in
          defer { count -= 1 }
          return count > 0
        })
      else { return }
      throw DeliveryStoreError(.unavailable, "the test says so")
    })
    try await withMockedClient(transport, configuration: configuration(), store: store) { client in
      let handle = try await send(client, from: source)
      await client.writes.finished()
      failures.update { $0 = 3 }
      #expect(await client.receiver.receive(CallbackRequest.smobiReply("Deploy")).status == .ok)
      let outcome = try await handle.answer(timeout: .seconds(30))
      #expect(outcome.reply?.option == "Deploy")
      #expect(failures.read(\.self) < 0)
    }
  }

  @Test("A store that ignores its cancellation adds nothing to a wait for an answer, nor to a cancellation")
  func hangingStore() async throws {
    let clock = ManualClock()
    let faults = StoreFaults(clock: clock) { moment in
      moment.step == .load && !moment.isAfterwards ? .hanging : nil
    }
    let configuration = configuration { $0.clock = clock }
    let store = faults.store(over: InMemoryDeliveryStore())
    try await withMockedClient(transport, configuration: configuration, store: store) { client in
      defer { faults.end() }
      let handle = try await send(client, from: source)
      #expect(await client.receiver.receive(CallbackRequest.smobiReply("Deploy")).status == .ok)
      let outcome = Task { try await handle.answer(timeout: .seconds(20)) }
      // Until the read of the question is given up, and then until the deadline.
      while let timer = await clock.nextTimer(), timer != .seconds(20) {}
      clock.advance(by: .seconds(20))
      #expect(try await outcome.value == .timedOut(lastKnown: .queued))
      let cancelled = Task { try await handle.answer(timeout: .seconds(20)) }
      while let timer = await clock.nextTimer(), timer != .seconds(20) {}
      cancelled.cancel()
      await #expect(throws: CancellationError.self) { try await cancelled.value }
    }
  }

  @Test(
    "Checking whether it was asked before ends at the call timeout, and the error says what failed",
    arguments: [true, false]
  )
  func lookingBefore(isHanging: Bool) async throws {
    let clock = ManualClock()
    let faults = StoreFaults(clock: clock) { moment in
      moment.step == .load && !moment.isAfterwards ? (isHanging ? .hanging : .failing) : nil
    }
    let configuration = configuration {
      $0.clock = clock
      $0.callTimeout = .seconds(10)
    }
    let store = faults.store(over: InMemoryDeliveryStore())
    try await withMockedClient(transport, configuration: configuration, store: store) { client in
      defer { faults.end() }
      let call = Task { try await send(client, from: source, key: "k") }
      if isHanging {
        while let timer = await clock.nextTimer(), timer != .seconds(10) {}
        clock.advance(by: .seconds(10))
      }
      let error = await #expect(throws: SmoovenError.self) { try await call.value }
      #expect(error?.code == .storeFailed)
    }
    #expect(transport.requestCount == 0)
  }
}
