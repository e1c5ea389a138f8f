import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import Testing

@testable import Smooven

@Suite("The first of many", .timeLimit(.minutes(2))) struct FirstOfTests {
  /// Sends some notifications without callbacks, and runs a closure with them.
  func sent<Result: Sendable>(
    _ count: Int,
    callbacks: [MockCallback] = [],
    _ body: @escaping @Sendable ([NotificationHandle], SmoovenClient, MockTransport) async throws -> Result
  ) async throws -> Result {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .accepted(callbacks: callbacks.map { $0.sent(.before) })
    )
    return try await withMockedClient(transport) { client in
      var handles: [NotificationHandle] = []
      for _ in 0..<count { handles.append(try await client.notifySarah()) }
      return try await body(handles, client, transport)
    }
  }

  @Test("The first one that meets the criterion wins, even if it had met it before")
  func wins() async throws {
    try await sent(3) { handles, client, transport in
      async let first = client.first(of: handles, timeout: .seconds(30))
      await transport.deliver(.failed, notificationID: handles[0].id ?? "")
      await transport.deliver(.sent, notificationID: handles[1].id ?? "")
      await transport.deliver(.delivered, notificationID: handles[2].id ?? "")
      let outcome = try await first
      #expect(outcome.index == 2)
      #expect(outcome.handle.id == handles[2].id)
      #expect(outcome.outcome.isDelivered)
      #expect(try await client.first(of: handles, timeout: .seconds(30)).index == 2)
      #expect(client.tracker.waitCount == 0)
    }
  }

  @Test("If all have failed, the result is the last failure")
  func allFailed() async throws {
    try await sent(3) { handles, client, transport in
      async let first = client.first(of: handles, timeout: .seconds(30))
      for index in [1, 0, 2] { await transport.deliver(.failed, notificationID: handles[index].id ?? "") }
      let outcome = try await first
      guard case .failed = outcome.outcome else { return #expect(Bool(false), "\(outcome)") }
      #expect(client.tracker.waitCount == 0)
    }
  }

  @Test("If time runs out, the result is the one with the most progress")
  func timedOut() async throws {
    try await sent(3) { handles, client, transport in
      await transport.deliver(.sent, notificationID: handles[1].id ?? "")
      let outcome = try await client.first(of: handles, timeout: .milliseconds(20))
      #expect(outcome.outcome == .timedOut(lastKnown: .sent))
      #expect(outcome.index == 1)
      #expect(client.tracker.waitCount == 0)
    }
  }

  @Test("A predicate sees each event once, in its own task")
  func predicate() async throws {
    try await sent(2) { handles, client, transport in
      await transport.deliver(.sent, notificationID: handles[0].id ?? "")
      async let first = client.first(
        of: handles,
        until: .matching { $0.kind == .opened },
        timeout: .seconds(30)
      )
      await transport.deliver(.delivered, notificationID: handles[1].id ?? "")
      await transport.deliver(.opened, notificationID: handles[0].id ?? "")
      let index = try await first.index
      #expect(index == 0)
    }
  }

  @Test("Cancelling ends the wait immediately, and leaves nothing behind")
  func cancelled() async throws {
    let asked = Watched(0)
    try await sent(50, callbacks: [.queued]) { handles, client, _ in
      let task = Task {
        try await client.first(of: handles, until: Self.clicked(asked), timeout: .seconds(3_600))
      }
      // Each has been asked about its first event, so all are waited for.
      try await asked.first { $0 == 50 ? () : nil }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(client.tracker.waitCount == 0)
      await #expect(throws: SmoovenError.self) { _ = try await client.first(of: [], timeout: .seconds(1)) }
    }
  }

  /// Sends some critical notifications, and lets a status query say how each is; for an empty status it gets no response.
  func critical(
    _ statuses: [String],
    clock: ManualClock = ManualClock(),
    _ body: @escaping @Sendable ([NotificationHandle], SmoovenClient, MockTransport) async throws -> Void
  ) async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .choosing { request in
        guard let id = request.head.path?.split(separator: "/").last, let number = Int(id.suffix(1)) else {
          return .accepted()
        }
        let status = statuses[number - 1]
        if status.isEmpty { return .nothing() }
        return .json([
          "notification_id": .string(String(id)), "status": .string(status), "channel_used": "sms",
        ])
      },
      clock: clock
    )
    let configuration = mockConfiguration(clock: clock) {
      $0.reconciliationTimeout = .seconds(5)
      $0.criticalGracePeriod = .seconds(10)
      $0.jitter = { 0 }
    }
    try await withMockedClient(transport, configuration: configuration) { client in
      var handles: [NotificationHandle] = []
      for _ in statuses { handles.append(try await client.notifySarah(urgency: .critical)) }
      try await body(handles, client, transport)
    }
  }

  @Test("Failures that only the status reports count, and if all have failed, the result is the last one")
  func failuresByStatus() async throws {
    for (statuses, expected) in [(["undelivered", "undelivered"], nil), (["undelivered", "sent"], 1)]
      as [([String], Int?)]
    {
      let clock = ManualClock()
      try await critical(statuses, clock: clock) { handles, client, _ in
        let task = Task { try await client.first(of: handles, timeout: .seconds(50)) }
        while let timer = await clock.nextTimer(), timer != .seconds(50) {}
        clock.advance(by: .seconds(50))
        let first = try await task.value
        if let expected {
          #expect(first.index == expected)
          #expect(first.outcome == .timedOut(lastKnown: .queued))
        } else {
          guard case .failed(let event) = first.outcome else { return #expect(Bool(false), "\(first)") }
          #expect(event.source == .statusQuery)
        }
      }
    }
  }

  @Test("If all waits end before the deadline, the status query has a limit from then on")
  func window() async throws {
    let clock = ManualClock()
    try await critical(["", ""], clock: clock) { handles, client, transport in
      for handle in handles {
        await transport.deliver(.failed.on(.push), notificationID: handle.id ?? "")
      }
      let task = Task { try await client.first(of: handles, timeout: .seconds(3_600)) }
      while let timer = await clock.nextTimer(), timer != .seconds(10) {}
      clock.advance(by: .seconds(10))
      try await transport.waitForRequests(4)
      var underWay = 0
      while underWay < 2, let timer = await clock.nextTimer() { underWay += timer == .seconds(5) ? 1 : 0 }
      clock.advance(by: .seconds(5))
      guard case .timedOut(_, let channels) = try await task.value.outcome else {
        return #expect(Bool(false), "one channel of two decided")
      }
      #expect(channels.map(\.channel) == [.push])
    }
  }

  @Test("If only a status could show the outcome, a send whose response is lost isn't waited for")
  func unclearWhilePolling() async throws {
    let transport = MockTransport(
      secretKey: testKey,
      answer: .failure(TransportError(.noResponse, "cut"))
    )
    let configuration = SmoovenConfiguration(secretKey: testKey, tracking: .polling())
    try await withMockedClient(transport, configuration: configuration) { client in
      let handles = [try await client.notifySarah(), try await client.notifySarah()]
      let first = try await client.first(of: handles, timeout: .seconds(3_600))
      #expect(first.outcome == .timedOut(lastKnown: .unconfirmed))
    }
  }

  @Test("A predicate is asked once about each event, also after the status was asked")
  func predicateOnce() async throws {
    let clock = ManualClock()
    let seen = Watched<[String]>([])
    try await critical(["delivered"], clock: clock) { handles, client, transport in
      await transport.deliver(.sent, notificationID: handles[0].id ?? "")
      let task = Task {
        let criterion = DeliveryCriterion.matching { event in
          seen.update { $0.append(event.name) }
          return event.kind == .clicked
        }
        return try await client.first(of: handles, until: criterion, timeout: .seconds(30))
      }
      try await seen.first { $0.isEmpty ? nil : () }
      clock.advance(by: .seconds(30))
      #expect(try await task.value.outcome == .timedOut(lastKnown: .delivered))
    }
    #expect(seen.read(\.self) == ["notification.sent", "notification.delivered"])
  }

  @Test("Closing ends it")
  func closed() async throws {
    let asked = Watched(0)
    let waiting: Task<FirstOutcome, any Error> = try await sent(3, callbacks: [.queued]) {
      handles,
      client,
      _ in
      let task = Task {
        try await client.first(of: handles, until: Self.clicked(asked), timeout: .seconds(3_600))
      }
      try await asked.first { $0 == 3 ? () : nil }
      return task
    }
    let error = await #expect(throws: SmoovenError.self) { try await waiting.value }
    #expect(error?.code == .closed)
  }

  /// Creates a click, and counts the events that it's asked about.
  static func clicked(_ asked: Watched<Int>) -> DeliveryCriterion {
    .matching { event in
      asked.update { $0 += 1 }
      return event.kind == .clicked
    }
  }

  #if os(Linux)
  @Test("Ten thousand in one task, next to ten thousand single waits")
  func tenThousand() async throws {
    let count = 10_000
    try await sent(count, callbacks: [.queued]) { handles, client, transport in
      let last = handles[count - 1].id ?? ""
      for isOne in [true, false] {
        let (start, before, asked) = (ContinuousClock.now, try ProcessUsage.now(), Watched(0))
        try await withThrowingTaskGroup(of: Int.self) { group in
          if isOne {
            group.addTask {
              try await client.first(of: handles, until: Self.clicked(asked), timeout: .seconds(60)).index
            }
          } else {
            for (index, handle) in handles.enumerated() {
              group.addTask {
                let outcome = try await handle.outcome(timeout: .seconds(60), until: Self.clicked(asked))
                return outcome.isDelivered ? index : -1
              }
            }
          }
          // Each has seen its first event, so all of them wait for the next one.
          try await asked.first { $0 == count ? () : nil }
          let (opened, open) = (ContinuousClock.now, try ProcessUsage.now())
          await transport.deliver(isOne ? .clicked : .clicked.on(.rcs), notificationID: last)
          #expect(try await group.next() == count - 1)
          let end = ContinuousClock.now
          group.cancelAll()
          while (try? await group.next()) ?? nil != nil {}
          let name = isOne ? "one wait for the first of \(count)" : "\(count) single waits"
          let memory = (open.memory - before.memory) / 1_024
          print("\(name): open after \(opened - start), \(memory) KiB; over after \(end - start)")
        }
        #expect(client.tracker.waitCount == 0)
      }
    }
  }
  #endif
}
