import Foundation
import HTTPTypes
import Smooven
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@Suite("The journal", .timeLimit(.minutes(1))) struct JournalTests {
  /// A client with a journal, on a mock transport.
  private func withJournal<Result: Sendable>(
    _ answer: MockAnswer = .accepted(id: "ntf_1", callbacks: [.delivered]),
    _ journal: DeliveryJournal = DeliveryJournal(),
    _ body: @escaping (SmoovenClient, MockTransport, DeliveryJournal) async throws -> Result
  ) async throws -> Result {
    let transport = MockTransport(secretKey: testKey, answer: answer)
    return try await withSmoovenClient(
      configuration: mockConfiguration(),
      transport: transport,
      journal: journal
    ) { client in
      transport.deliverCallbacks(to: client.receiver)
      return try await body(client, transport, journal)
    }
  }

  private func names(_ journal: DeliveryJournal) -> [String] {
    journal.entries().entries.map { "\($0.kind)" }
  }

  @Test("A delivery is recorded from its opening to its release, under one handle")
  func story() async throws {
    let journal = DeliveryJournal()
    try await withJournal(.accepted(id: "ntf_1", callbacks: [.delivered]), journal) { client, _, _ in
      let outcome = try await client.remind()
      #expect(outcome.isDelivered)
    }
    #expect(
      names(journal) == [
        "opened", "request left, attempt 1", "accepted ntf_1, queued",
        "callback notification.delivered, matched",
        "settled: delivered", "released",
      ]
    )
    let handles = Set(journal.entries().entries.map(\.handle))
    #expect(handles.count == 1 && handles.first != .some(nil))
    #expect(journal.entries().entries.map(\.number) == [1, 2, 3, 4, 5, 6])
  }

  @Test("A journal of refusals keeps duplicates and refused requests, and no other callback")
  func refusals() async throws {
    let journal = DeliveryJournal.ofRefusals()
    let receiver = try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(testKey))], journal: journal)
    let request = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1").request(
      secret: testKey
    )
    var forged = request
    forged.body.append(0x20)
    for request in [request, request, forged] { _ = await receiver.receive(request) }
    #expect(
      names(journal) == ["callback notification.delivered, duplicate", "rejected: no_match"],
      "\(names(journal))"
    )
  }

  @Test("A refusal, a lost response and a second caller of a key are recorded as such")
  func sends() async throws {
    try await withJournal(.refused(status: 400, code: "invalid_recipient")) { client, transport, journal in
      _ = try? await client.notifySarah()
      transport.script(.failure(TransportError(.noResponse, "cut")))
      _ = try await client.notifySarah()
      transport.script(.accepted(id: "ntf_3"))
      for _ in 0..<2 {
        _ = try await client.notify(
          intent: "x",
          context: .init(userID: "sarah@example.com"),
          idempotencyKey: "k"
        )
      }
      let names = names(journal).filter { !$0.hasPrefix("request left") && $0 != "released" }
      #expect(
        names == [
          "opened", "refused: rejected", "opened", "unclear: unconfirmed", "opened with a key",
          "accepted ntf_3, queued", "resumed",
        ]
      )
    }
  }

  /// Returns the journal of a call under a key, whose body is withheld because of what happens before it's armed.
  private func withheld(
    because happens: @escaping @Sendable (InMemoryDeliveryStore) async throws -> Void,
    _ body: @escaping (SmoovenClient, Watched<[HookedStore.Step]>) async throws -> Void
  ) async throws -> [String] {
    let base = InMemoryDeliveryStore()
    let steps = Watched<[HookedStore.Step]>([])
    let store = HookedStore(
      base,
      before: { step in
        let isFirst = steps.update { steps in
          defer { steps.append(step) }
          return !steps.contains(.replace)
        }
        if step == .replace, isFirst { try await happens(base) }
      }
    )
    let journal = DeliveryJournal()
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    try await withSmoovenClient(
      configuration: mockConfiguration(),
      transport: transport,
      store: store,
      journal: journal
    ) { try await body($0, steps) }
    #expect(transport.requestCount == 0)
    return names(journal).filter { $0 != "released" }
  }

  @Test("If a body is withheld because the store failed, the journal says that")
  func storeFailed() async throws {
    let fails = { @Sendable (_: InMemoryDeliveryStore) in throw DeliveryStoreError(.unavailable, "full") }
    let names = try await withheld(because: fails) { client, _ in
      let error = await #expect(throws: SmoovenError.self) { try await client.remind(key: "k") }
      #expect(error?.code == .storeFailed)
    }
    #expect(names == ["opened with a key", "refused: storeFailed"])
  }

  @Test("If a body is withheld because another caller has sent it, the journal has no refusal")
  func sentByAnother() async throws {
    let isSent = { @Sendable (base: InMemoryDeliveryStore) async throws in
      guard var row = try await base.load(.idempotencyKey("k")) else { return }
      _ = row.delivery.accept(id: "ntf_9")
      _ = try await base.replace(row.delivery, version: row.version)
    }
    let names = try await withheld(because: isSent) { client, steps in
      let handle = try await client.notify(
        intent: "x",
        context: .init(userID: "sarah@example.com"),
        idempotencyKey: "k"
      )
      // The row is read to see who has it, and again to follow it.
      try await steps.first { steps in
        steps.drop { $0 != .replace }.count { $0 == .load } >= 2 ? () : nil
      }
      withExtendedLifetime(handle) {}
    }
    #expect(names == ["opened with a key"])
  }

  @Test("A journal has enough of a refused request to explain it")
  func rejections() async throws {
    try await withJournal { client, _, journal in
      let old = SmoovenCallbackFixture(
        "notification.sent",
        notificationID: "ntf_1",
        timestamp: Date(timeIntervalSinceNow: -90_000)
      )
      let ahead = SmoovenCallbackFixture(
        "notification.sent",
        notificationID: "ntf_1",
        timestamp: Date(timeIntervalSinceNow: 900)
      )
      let token = DeliveryToken().text
      var forged = old.request(to: "/callbacks/smooven/\(token)?token=hunter2", secret: testKey)
      forged.body.append(0x20)
      forged.head.headerFields[.authorization] = "Bearer hunter2"
      forged.head.headerFields[.cookie] = "hunter2"
      var get = old.request(secret: testKey)
      get.head.method = .get
      for request in [
        old.request(secret: testKey), ahead.request(secret: testKey), forged,
        old.request(to: "/nothing/\(token)", secret: testKey), get,
      ] {
        _ = await client.receiver.receive(request)
      }
      let found = journal.entries().entries.compactMap { entry -> JournalRejection? in
        if case .rejected(let rejection) = entry.kind { rejection } else { nil }
      }
      #expect(
        found.map(\.reason) == ["too_old", "too_new", "no_match", "not_found", "method_not_allowed"]
      )
      #expect(found.map(\.status) == [401, 401, 401, 404, 405])
      #expect(found.map(\.endpoint) == ["smooven", "smooven", "smooven", nil, "smooven"])
      #expect((89_990...90_010).contains(found[0].age.map { $0 / .seconds(1) } ?? 0))
      #expect((-910 ... -890).contains(found[1].age.map { $0 / .seconds(1) } ?? 0))
      #expect(found[2].request?.head.path == "/callbacks/smooven/[redacted]?[redacted]")
      #expect(found[2].request?.head.headerFields[.authorization] == "[redacted]")
      #expect(found[2].request?.head.headerFields[.cookie] == "[redacted]")
      #expect(found[2].request?.head.headerFields[.smoovenSignature] != "[redacted]")
      #expect(found[2].request?.body == forged.body)
      #expect(found[3].request?.head.path == "/nothing/[redacted]")
      #expect(journal.rejectionCounts.values.reduce(0, +) == 5)
      for entry in journal.entries().entries {
        var text = "\(entry) \(entry.kind)"
        dump(entry, to: &text)
        TelemetryTests.assertClean(text, token: token)
        TelemetryTests.assertClean(text, token: "hunter2")
      }
    }
  }

  @Test("Untrusted clients push out neither what happened to deliveries nor other refusals")
  func flood() async throws {
    let journal = DeliveryJournal(maximumEntries: 100)
    try await withJournal(.accepted(id: "ntf_1", callbacks: [.delivered]), journal) { client, transport, _ in
      _ = try await client.remind()
      let captured = try #require(transport.requests.first?.callbackURL)
      var forged = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_1").request(
        secret: testKey
      )
      let genuine = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_9").request(
        to: captured,
        secret: testKey
      )
      forged.body.append(0x20)
      _ = await client.receiver.receive(forged)
      let unknown = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_1").request(
        to: "/x",
        secret: testKey
      )
      for _ in 0..<2_000 {
        _ = await client.receiver.receive(unknown)
        _ = await client.receiver.receive(genuine)
      }
    }
    let page = journal.entries(limit: 1_000)
    let kinds = page.entries.map { "\($0.kind)" }
    #expect(kinds.contains("accepted ntf_1, queued"))
    #expect(kinds.contains("settled: delivered"))
    #expect(kinds.contains("rejected: no_match"))
    #expect(kinds.count { $0 == "rejected: not_found" } == 16)
    #expect(kinds.count { $0 == "callback notification.sent, duplicate" } == 10)
    #expect(journal.rejectionCounts == ["not_found": 2_000, "no_match": 1])
    #expect(page.missed == Int(journal.newest) - page.entries.count)
  }

  @Test("Pages are in order, and count what is no longer kept", arguments: [1, 2, 7, 100])
  func pages(limit: Int) {
    let journal = DeliveryJournal(maximumEntries: 20, now: { Date(timeIntervalSince1970: 0) })
    for _ in 0..<50 { journal.record(.resumed, of: DeliveryToken()) }
    var position: UInt64 = 10
    var (read, missed) = ([UInt64](), 0)
    while position < journal.newest {
      let page = journal.entries(after: position, limit: limit)
      #expect(page.entries.count <= limit)
      read += page.entries.map(\.number)
      missed += page.missed
      position = page.end
    }
    #expect(read == Array(31...50))
    #expect(missed == 20)
    let foreign = journal.entries(after: 60)
    #expect(foreign.startsOver && foreign.entries.count == 20)
  }

  @Test("A reader that follows gets each entry once, and the number of those that it missed")
  func following() async throws {
    let journal = DeliveryJournal(maximumEntries: 20)
    var pages = journal.pages(after: journal.newest, limit: 10).makeAsyncIterator()
    journal.record(.resumed, of: nil)
    let first = await pages.next()
    #expect(first?.entries.map(\.number) == [1])
    let waiting = Task { await journal.pages(after: 1).first { _ in true } }
    for _ in 0..<60 { journal.record(.resumed, of: nil) }
    #expect(await waiting.value != nil)
    var total = 0
    while let page = await pages.next() {
      total += page.entries.count + page.missed
      if page.end == journal.newest { break }
    }
    #expect(total == 60)
    let cancelled = Task { await journal.pages(after: journal.newest).first { _ in true } }
    cancelled.cancel()
    #expect(await cancelled.value == nil)
  }

  @Test("Requests are kept only if asked for, and within the bytes")
  func requests() async throws {
    for keepsRequests in [false, true] {
      let journal = DeliveryJournal(maximumBytes: 64 << 10, keepsRequests: keepsRequests)
      try await withJournal(.accepted(id: "ntf_1"), journal) { client, _, _ in
        let handle = try await client.notifySarah()
        for number in 0..<40 {
          let fixture = SmoovenCallbackFixture(
            "notification.sent",
            notificationID: "ntf_1",
            extraFields: [
              "note": .string(String(repeating: "x", count: 4_000)), "n": .integer(Int64(number)),
            ]
          )
          #expect(await client.receiver.receive(fixture.request(secret: testKey)).status == .ok)
        }
        withExtendedLifetime(handle) {}
      }
      let kept = journal.entries().entries.compactMap { entry -> JournalRequest?? in
        if case .callback(_, _, let request) = entry.kind { request } else { nil }
      }
      #expect((1...8).contains(kept.count))
      #expect(kept.allSatisfy { ($0 != nil) == keepsRequests })
      for case let request?? in kept.map({ Optional($0) }) {
        #expect(request.isComplete && request.head.method == .post)
      }
    }
  }

  @Test("A request that the port refuses before reading it is recorded with the limit")
  func port() async throws {
    let journal = DeliveryJournal()
    let receiver = try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(testKey))], journal: journal)
    let listener = try CallbackListener(
      configuration: ListenerConfiguration(maximumBodySize: 16),
      receiver: receiver
    )
    let running = Task { try await listener.run() }
    let stranger = try await Stranger(port: try await listener.address.port, from: "127.0.0.2")
    await stranger.send("POST /callbacks/smooven HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n")
    #expect(try await stranger.statuses() == [413])
    await stranger.close()
    running.cancel()
    _ = await running.result
    let entry = try #require(journal.entries().entries.first)
    guard case .rejected(let rejection) = entry.kind else {
      Issue.record("\(entry)")
      return
    }
    #expect(rejection.reason == "body_too_large" && rejection.limit == 16 && rejection.status == 413)
  }
}
