import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

/// Many deliveries whose status is asked at the same time: no more queries than are allowed.
@Suite("Many status queries", .timeLimit(.minutes(1))) struct ManyStatusQueriesTests {
  /// Accepts every send, and holds the response to each status query until the gate opens.
  final class GatedTransport: SmoovenTransport {
    struct State: Sendable {
      var posts = 0
      var underWay = 0
      var maximum = 0
      var isOpen = false
    }

    let state = Watched(State())

    func send(_ request: TransportRequest) async throws -> TransportResponse {
      try await request.willSend?()
      if request.head.method == .post {
        let number = state.update { state in
          state.posts += 1
          return state.posts
        }
        return try await MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_\(number)")).send(
          TransportRequest(head: request.head, body: request.body, timeout: request.timeout)
        )
      }
      state.update { state in
        state.underWay += 1
        state.maximum = max(state.maximum, state.underWay)
      }
      defer { state.update { $0.underWay -= 1 } }
      try await state.first { $0.isOpen ? () : nil }
      let id = request.head.path?.split(separator: "/").last.map(String.init) ?? ""
      let answer = MockAnswer.json(["notification_id": .string(id), "status": "sent", "channel_used": "sms"])
      return try await MockTransport(secretKey: testKey, answer: answer).send(
        TransportRequest(head: request.head, timeout: request.timeout)
      )
    }
  }

  let clock = ManualClock()
  let transport = GatedTransport()

  var configuration: SmoovenConfiguration {
    mockConfiguration(clock: clock) {
      $0.reconciliationTimeout = .seconds(5)
      $0.maximumStatusQueries = 4
      $0.jitter = { 0 }
    }
  }

  @Test(
    "At a deadline that many waits share, a few are asked about at the same time, and each is asked about once"
  )
  func deadlines() async throws {
    let count = 40
    try await withSmoovenClient(configuration: configuration, transport: transport) {
      [clock, transport] client in
      var handles: [NotificationHandle] = []
      for _ in 0..<count { handles.append(try await client.notifySarah()) }
      let waits = handles.map { handle in
        Task { try await handle.outcome(deadline: .seconds(10), until: .delivered) }
      }
      clock.advance(by: .seconds(10))
      // Those that wait for room give up in time.
      var waiting = 0
      while waiting < count - 4, let timer = await clock.nextTimer() {
        waiting += timer == .seconds(5) ? 1 : 0
      }
      try await transport.state.first { $0.underWay == 4 ? () : nil }
      transport.state.update { $0.isOpen = true }
      for wait in waits { #expect(try await wait.value == .timedOut(lastKnown: .sent)) }
    }
    #expect(transport.state.read(\.maximum) == 4)
  }

  @Test("At the start, the deliveries that an earlier process left are asked about one at a time")
  func start() async throws {
    let store = InMemoryDeliveryStore()
    for number in 1...10 {
      let delivery = StoredDelivery(
        token: DeliveryToken(),
        group: "smooven",
        openedAt: Date(timeIntervalSinceNow: -3_600),
        ids: ["ntf_\(number)"]
      )
      _ = try await store.insert(delivery)
    }
    let pages = Watched(0)
    transport.state.update { $0.isOpen = true }
    let hooked = HookedStore(store, before: { step in if step == .pending { pages.update { $0 += 1 } } })
    try await withSmoovenClient(configuration: configuration, transport: transport, store: hooked) { _ in
      // It has done with the first page when it reads the next.
      try await pages.first { $0 == 2 ? () : nil }
    }
    #expect(transport.state.read(\.maximum) == 1)
    let asked = try await store.allPending().count { $0.askedAt != nil }
    #expect(asked == 10)
  }
}
