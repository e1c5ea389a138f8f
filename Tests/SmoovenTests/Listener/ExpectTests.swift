import HTTPTypes
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

/// Waiting at a dedicated URL, whenever the callback arrives, and whatever else arrives.
@Suite("Expecting a callback", .timeLimit(.minutes(1))) struct ExpectTests {
  static let publicURL = "https://agent.example.com/hooks"

  enum Moment: CaseIterable { case atOnce, whileTheBodyWorks, afterwards }

  private func expect(
    _ receiver: CallbackReceiver,
    _ sender: Sender,
    secret: Secret = Sender.secret,
    until criterion: DeliveryCriterion? = nil,
    _ body: @escaping @Sendable (ExpectedCallback) async throws -> Void
  ) async throws -> DeliveryOutcome {
    try await receiver.expect(
      try sender.provider(secret),
      publicURL: Self.publicURL,
      timeout: .seconds(30),
      until: criterion ?? sender.criterion,
      body
    )
  }

  @Test("Settles whenever the callback arrives", arguments: Sender.all, Moment.allCases)
  func moments(sender: Sender, moment: Moment) async throws {
    try await withReceiver { receiver, clock in
      let (urls, url) = AsyncStream<String>.makeStream()
      let send: @Sendable (String) async throws -> Int = { url in
        await receiver.status(of: try sender.arrivalRequest("id_1", to: url))
      }
      async let late: Int? = {
        guard moment == .afterwards else { return nil }
        var iterator = urls.makeAsyncIterator()
        let url = try #require(await iterator.next())
        // A timer shows that the wait has begun.
        #expect(await clock.nextTimer() == .seconds(30))
        return try await send(url)
      }()
      let outcome = try await expect(receiver, sender) { callback in
        #expect(callback.callbackURL.hasPrefix("\(Self.publicURL)/callbacks/\(sender.name)/"))
        switch moment {
        case .atOnce: try await expectTrue(send(callback.callbackURL) == 200)
        case .whileTheBodyWorks:
          async let status = send(callback.callbackURL)
          var events = callback.events.makeAsyncIterator()
          #expect(await events.next()?.correlationIDs.first == "id_1")
          let answered = try await status
          #expect(answered == 200)
        case .afterwards: url.yield(callback.callbackURL)
        }
      }
      #expect(outcome.isDelivered)
      #expect(outcome.event?.provider == sender.name)
      #expect(outcome.event?.correlationIDs == ["id_1"])
      let answered = try await late
      #expect(answered == (moment == .afterwards ? 200 : nil))
      try await until { receiver.tracker.slotCount == 0 }
      #expect(receiver.tracker.waitCount == 0)
    }
  }

  @Test("A redelivery is one event", arguments: Sender.all)
  func twice(sender: Sender) async throws {
    try await withReceiver { receiver, _ in
      var all = receiver.events().makeAsyncIterator()
      let outcome = try await expect(receiver, sender) { callback in
        for _ in 0..<2 {
          try await receiver.expectStatus(200, of: sender.arrivalRequest("id_1", to: callback.callbackURL))
        }
        receiver.tracker.close()
        var count = 0
        for await _ in callback.events { count += 1 }
        #expect(count == 1)
      }
      receiver.close()
      #expect(outcome.isDelivered)
      #expect(await all.next() != nil)
      #expect(await all.next() == nil)
    }
  }

  @Test("Out of order: what arrives after the end changes nothing, and a later stage is kept")
  func outOfOrder() async throws {
    try await withReceiver { receiver, _ in
      let bodies = ["completed", "failed", "started"].map {
        #"{"event":"job.\#($0)","data":{"job_id":"job_1"}}"#
      }
      let seen = Mutex<[String]>([])
      let outcome = try await expect(receiver, .smartlyQ) { callback in
        var names: [String] = []
        for body in bodies {
          let request = try Sender.smartlyQ.request(body, to: callback.callbackURL)
          #expect(await receiver.status(of: request) == 200)
        }
        for await event in callback.events {
          names.append(event.name)
          if names.count == 3 { break }
        }
        seen.withLock { $0 = names }
      }
      #expect(outcome.event?.name == "job.completed")
      #expect(outcome.isDelivered)
      #expect(seen.withLock { $0 } == ["job.completed", "job.failed", "job.started"])
    }
  }

  @Test("Never: the wait times out with the last known status", arguments: [nil, "SENT"])
  func never(status: String?) async throws {
    try await withReceiver { receiver, clock in
      let outcome = try await expect(receiver, .smobi) { callback in
        if let status {
          let body = #"{"clientRef":"r","status":"\#(status)","channel":"SMS"}"#
          try await receiver.expectStatus(200, of: Sender.smobi.request(body, to: callback.callbackURL))
        }
        clock.advance(by: .seconds(30))
      }
      #expect(outcome == .timedOut(lastKnown: status == nil ? .unconfirmed : .sent))
      #expect(receiver.tracker.slotCount == 0)
    }
  }

  @Test("A failure settles as failed")
  func failure() async throws {
    try await withReceiver { receiver, _ in
      let outcome = try await expect(receiver, .smartlyQ) { callback in
        let body = #"{"event":"job.failed","data":{"job_id":"j","error":"no","error_code":"refused"}}"#
        _ = await receiver.status(of: try Sender.smartlyQ.request(body, to: callback.callbackURL))
      }
      guard case .failed(let event) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(event.failure == .init(reason: "no", code: "refused"))
    }
  }

  @Test("Callbacks under several ids at one URL all belong to it")
  func severalIDs() async throws {
    try await withReceiver { receiver, _ in
      let isLast = DeliveryCriterion.matching { $0.correlationIDs.first == "job_3" }
      let outcome = try await expect(receiver, .smartlyQ, until: isLast) { callback in
        for number in 1...3 {
          let request = try Sender.smartlyQ.arrivalRequest("job_\(number)", to: callback.callbackURL)
          #expect(await receiver.status(of: request) == 200)
        }
      }
      #expect(outcome.event?.correlationIDs == ["job_3"])
    }
  }

  @Test("An error of the body is rethrown, and the URL leads nowhere ten minutes later")
  func throwing() async throws {
    struct Refused: Error {}
    try await withReceiver { receiver, clock in
      let (urls, url) = AsyncStream<String>.makeStream()
      await #expect(throws: Refused.self) {
        try await expect(receiver, .smartlyQ) { callback in
          url.yield(callback.callbackURL)
          throw Refused()
        }
      }
      var iterator = urls.makeAsyncIterator()
      let gone = try #require(await iterator.next())
      var unmatched = receiver.unmatchedEvents().makeAsyncIterator()
      try await receiver.expectStatus(200, of: Sender.smartlyQ.arrivalRequest("id_1", to: gone))
      #expect(await unmatched.next()?.correlationIDs == ["id_1"])
      clock.advance(by: .seconds(600))
      try await receiver.expectStatus(404, of: Sender.smartlyQ.arrivalRequest("id_1", to: gone))
      #expect(receiver.tracker.slotCount == 0)
    }
  }

  @Test("Cancelled while the body works or while waiting", arguments: [true, false])
  func cancelled(inBody: Bool) async throws {
    try await withReceiver { receiver, clock in
      let (starts, start) = AsyncStream<Void>.makeStream()
      let task = Task {
        try await expect(receiver, .smobi) { _ in
          start.yield()
          if inBody { for await _ in AsyncStream<Void>.makeStream().stream {} }
        }
      }
      var iterator = starts.makeAsyncIterator()
      await iterator.next()
      if !inBody { #expect(await clock.nextTimer() == .seconds(30)) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(receiver.tracker.waitCount == 0)
      // The body has the slot until it ends.
      try await until { receiver.tracker.slotCount == 0 }
    }
  }

  @Test("Closed before, in the body or while waiting", arguments: 0...2)
  func closed(when: Int) async throws {
    try await withReceiver { receiver, clock in
      if when == 0 { receiver.close() }
      let task = Task {
        try await expect(receiver, .smobi) { _ in
          #expect(when != 0)
          if when == 1 { receiver.close() }
        }
      }
      if when == 2 {
        _ = await clock.nextTimer()
        receiver.close()
      }
      await #expect { try await task.value } throws: { ($0 as? SmoovenError)?.code == .closed }
      #expect(receiver.tracker.slotCount == 0)
    }
  }

  @Test("An invalid URL and an invalid timeout are refused before the body runs")
  func arguments() async throws {
    try await withReceiver { receiver, _ in
      for (url, timeout) in [("agent.example.com", Duration.seconds(1)), (Self.publicURL, .zero)] {
        await #expect(throws: SmoovenError.self) {
          try await receiver.expect(.smobi(), publicURL: url, timeout: timeout) { _ in
            Issue.record("the body ran")
          }
        }
      }
      #expect(receiver.tracker.slotCount == 0)
    }
  }
}
