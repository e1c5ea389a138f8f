import Foundation
import HTTPTypes
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import Smooven

@Suite("Asking a person", .timeLimit(.minutes(1))) struct AskTests {
  static let question = Question("Deploy build 512?", options: ["Deploy", "Not now"], allowsText: true)
  static let form = "application/x-www-form-urlencoded"

  /// A visitor of the page.
  struct Visitor: Sendable {
    let receiver: CallbackReceiver
    let path: String

    func send(
      _ method: HTTPRequest.Method,
      _ body: String = "",
      fields: [String: String] = ["Content-Type": AskTests.form, "Sec-Fetch-Site": "same-origin"],
      path other: String? = nil
    ) async -> (status: Int, html: String) {
      var head = HTTPRequest(
        method: method,
        scheme: "https",
        authority: "agent.example.com",
        path: other ?? path
      )
      for (name, value) in fields {
        if let name = HTTPField.Name(name) { head.headerFields[name] = value }
      }
      let response = await receiver.response(to: CallbackRequest(head: head, body: Array(body.utf8)))
      return (response.head.status.code, String(decoding: response.body, as: UTF8.self))
    }

    func get() async -> (status: Int, html: String) { await send(.get, fields: [:]) }
    func choose(_ option: String) async -> (status: Int, html: String) {
      await send(.post, "option=\(option.replacingOccurrences(of: " ", with: "+"))&text=")
    }
  }

  /// Returns a visitor of the page whose link is in the last request.
  static func visitor(_ client: SmoovenClient, _ transport: MockTransport) async throws -> Visitor {
    let url = try #require(transport.requests.last?.json["context"]?["answer_url"]?.stringValue)
    #expect(url.hasPrefix("https://agent.example.com/hooks/answers/"))
    return Visitor(receiver: client.receiver, path: String(url.dropFirst("https://agent.example.com".count)))
  }

  /// Asks, lets something happen, and returns the outcome.
  func asking(
    _ question: Question = question,
    timeout: Duration = .seconds(30),
    callbacks: [MockCallback] = [.delivered],
    store: (any DeliveryStore)? = nil,
    configuration: SmoovenConfiguration = mockConfiguration(),
    _ body: @escaping @Sendable (Visitor, SmoovenClient, MockTransport) async throws -> Void = { _, _, _ in }
  ) async throws -> Question.Outcome {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(callbacks: callbacks))
    return try await withMockedClient(transport, configuration: configuration, store: store) { client in
      let handle = try await client.sendQuestion(
        question,
        to: .user("sarah@example.com"),
        openFor: .seconds(900)
      )
      try await body(try await Self.visitor(client, transport), client, transport)
      return try await handle.answer(timeout: timeout)
    }
  }

  @Test(
    "An answer is an option, a text, or both",
    arguments: [
      ("option=Deploy", "Deploy", nil), ("text=later", nil, "later"),
      ("option=Not+now&text=on%20Friday", "Not now", "on Friday"),
    ] as [(String, String?, String?)]
  )
  func answered(body: String, option: String?, text: String?) async throws {
    let outcome = try await asking { visitor, _, _ in
      let page = await visitor.get()
      #expect(page.status == 200)
      #expect(page.html.contains("Deploy build 512?"))
      #expect(page.html.contains("<button name=option value=\"Not now\""))
      let answer = await visitor.send(.post, body)
      #expect(answer.status == 200)
      #expect(answer.html.contains("Answered at"))
    }
    #expect(outcome.reply?.option == option)
    #expect(outcome.reply?.text == text)
    #expect(outcome.reply?.source == "answers")
  }

  @Test("Fifty prefetches, HEADs and scanners change nothing, and a click isn't an answer")
  func scanners() async throws {
    let outcome = try await asking(timeout: .milliseconds(20), callbacks: [.delivered, .clicked]) {
      visitor,
      client,
      _ in
      let before = try #require(try await client.store.pending(after: nil, limit: 2).first)
      let purposes: [[String: String]] = [
        [:], ["Sec-Purpose": "prefetch"], ["Sec-Purpose": "prefetch;prerender"], ["Purpose": "prefetch"],
        ["Sec-Purpose": "prefetch;anonymous-client-ip", "Sec-Fetch-Site": "same-origin"],
      ]
      for number in 0..<50 {
        // As a browser prefetches the page, and as the page's own form would be sent.
        let body = number % 3 == 0 ? "option=Deploy" : ""
        let response = await visitor.send(
          number % 2 == 0 ? .get : .head,
          body,
          fields: purposes[number % purposes.count],
          path: number % 7 == 0 ? "\(visitor.path)?option=Deploy" : nil
        )
        #expect(response.status == 200)
      }
      for purpose in purposes.dropFirst() {
        let fields = purpose.merging(["Content-Type": Self.form]) { $1 }
        #expect(await visitor.send(.post, "option=Deploy", fields: fields).status == 403)
      }
      let after = try await client.store.load(.token(before.delivery.token))
      #expect(after?.version == before.version)
      #expect(after?.delivery == before.delivery)
      #expect(await visitor.send(.put).status == 405)
      #expect(await visitor.get().html.contains("<form"))
    }
    #expect(outcome.reply == nil)
    #expect(
      try await asking { visitor, _, _ in _ = await visitor.choose("Deploy") }.reply?.option == "Deploy"
    )
  }

  @Test("If two browsers answer at the same time, one wins, and the other sees its answer")
  func race() async throws {
    for _ in 0..<20 {
      let statuses = Watched<[Int]>([])
      let outcome = try await asking { visitor, _, _ in
        await withTaskGroup { group in
          for option in ["Deploy", "Not now"] {
            group.addTask {
              let response = await visitor.choose(option)
              statuses.update { $0.append(response.status) }
            }
          }
        }
        let later = await visitor.get().html
        #expect(later.contains("Answered at") && !later.contains("<form"))
      }
      #expect(statuses.read { $0.sorted() } == [200, 409])
      #expect(outcome.reply?.option != nil)
    }
  }

  @Test("The same answer again isn't a conflict, and changes nothing")
  func again() async throws {
    let outcome = try await asking { visitor, client, _ in
      let names = Watched<[String]>([])
      client.receiver.observe({ event in names.update { $0.append(event.name) } }, onFinish: {})
      #expect(await visitor.choose("Deploy").status == 200)
      #expect(await visitor.choose("Deploy").status == 200)
      #expect(await visitor.choose("Not now").status == 409)
      #expect(names.read(\.self).filter { $0 == "answer.received" }.count == 1)
    }
    #expect(outcome.reply?.option == "Deploy")
  }

  @Test("Unknown, expired and foreign links look the same")
  func notFound() async throws {
    let dates = Watched(Date(timeIntervalSince1970: 1_800_000_000))
    let configuration = mockConfiguration { $0.now = { dates.read(\.self) } }
    _ = try await asking(timeout: .milliseconds(1), configuration: configuration) {
      visitor,
      client,
      transport in
      let callback = try #require(transport.requests.last?.callbackURL?.split(separator: "/").last)
      var pages: [String] = []
      for token in [DeliveryToken().text, String(callback), "nonsense", String(repeating: "f", count: 4_000)]
      {
        for method in [HTTPRequest.Method.get, .post] {
          let response = await visitor.send(method, "option=Deploy", path: "/hooks/answers/\(token)")
          #expect(response.status == 404)
          if response.html.isEmpty { continue }
          pages.append(response.html)
        }
      }
      #expect(await visitor.get().status == 200)
      dates.update { $0 += 901 }
      for method in [HTTPRequest.Method.get, .post] {
        let response = await visitor.send(method, "option=Deploy")
        #expect(response.status == 404)
        pages.append(response.html)
      }
      #expect(pages.count >= 8)
      #expect(Set(pages).count == 1)
    }
  }

  @Test(
    "The form of another site is refused, and so is what isn't a form",
    arguments: [
      (["Content-Type": form, "Sec-Fetch-Site": "cross-site"], 403),
      (["Content-Type": form, "Sec-Fetch-Site": "same-site"], 403),
      (["Content-Type": form, "Sec-Fetch-Site": "none"], 403),
      (["Content-Type": form, "Origin": "https://evil.example"], 403),
      (["Content-Type": form, "Origin": "null"], 403),
      (["Content-Type": form, "Origin": "https://agent.example.com.evil.example"], 403),
      (["Content-Type": form, "Sec-Fetch-Site": "same-origin", "Sec-Purpose": "prefetch;prerender"], 403),
      (["Content-Type": "text/plain", "Sec-Fetch-Site": "same-origin"], 415),
      (["Sec-Fetch-Site": "same-origin"], 415),
      (["Content-Type": form, "Sec-Fetch-Site": "same-origin", "Origin": "null"], 200),
      (["Content-Type": form, "Origin": "https://agent.example.com"], 200),
      (["Content-Type": "\(form); charset=utf-8"], 200),
    ]
  )
  func origin(fields: [String: String], status: Int) async throws {
    let outcome = try await asking(timeout: .milliseconds(20)) { visitor, _, _ in
      #expect(await visitor.send(.post, "option=Deploy", fields: fields).status == status)
    }
    #expect((outcome.reply != nil) == (status == 200))
  }

  @Test(
    "A form without an answer shows the question again",
    arguments: [
      ("", 400), ("option=Drop+tables", 400), ("text=%FF", 400),
      ("text=\(String(repeating: "a", count: 5_000))", 400),
      ("text=\(String(repeating: "a", count: 9_000))", 413),
    ]
  )
  func invalid(body: String, status: Int) async throws {
    let outcome = try await asking(timeout: .milliseconds(20)) { visitor, _, _ in
      #expect(await visitor.send(.post, body).status == status)
    }
    #expect(outcome.reply == nil)
  }

  @Test("A failure is reported, and an answer wins over a timeout")
  func failed() async throws {
    let outcome = try await asking(callbacks: [.failed])
    guard case .failed = outcome else { return #expect(Bool(false), "\(outcome)") }
    #expect(try await asking(timeout: .milliseconds(20)) == .timedOut(lastKnown: .delivered))
  }

  @Test("A failing log loses no answer, neither for the wait nor for a later one under the key")
  func failingLog() async throws {
    let isFailing = Watched(false)
    let store = HookedStore(before: { step in
      if step == .append, isFailing.read(\.self) {
        throw DeliveryStoreError(.unavailable, "the test says so")
      }
    })
    let transport = MockTransport(secretKey: testKey, answer: .accepted(callbacks: []))
    try await withMockedClient(transport, store: store) { client in
      let handle = try await client.sendQuestion(
        Self.question,
        to: .user("sarah"),
        openFor: .seconds(900),
        idempotencyKey: "deploy:512"
      )
      let visitor = try await Self.visitor(client, transport)
      isFailing.update { $0 = true }
      #expect(await visitor.choose("Deploy").status == 200)
      #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == "Deploy")
    }
    isFailing.update { $0 = false }
    try await withMockedClient(transport, store: store) { client in
      let outcome = try await client.ask(
        Self.question,
        to: .user("sarah"),
        timeout: .seconds(30),
        idempotencyKey: "deploy:512"
      )
      #expect(outcome.reply?.option == "Deploy")
      let delivery = try #require(try await client.delivery(.idempotencyKey("deploy:512")))
      let events = try await client.events(of: delivery, limit: 10)
      #expect(events.map(\.name) == ["answer.received"])
      let resumed = try #require(try await client.resumeQuestion(delivery))
      #expect(try await resumed.answer(timeout: .seconds(30)).reply?.option == "Deploy")
    }
    #expect(transport.requestCount == 1)
  }

  @Test("Under one key, the question is asked once, and another question conflicts")
  func keyed() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(callbacks: [.delivered]))
    try await withMockedClient(transport) { client in
      for _ in 0..<2 {
        let outcome = try await client.ask(
          Self.question,
          to: .user("sarah"),
          timeout: .milliseconds(50),
          openFor: .seconds(900),
          idempotencyKey: "k"
        )
        #expect(outcome == .timedOut(lastKnown: .delivered))
      }
      #expect(transport.requestCount == 1)
      let error = await #expect(throws: SmoovenError.self) {
        _ = try await client.ask(
          Question("Other?"),
          to: .user("sarah"),
          timeout: .seconds(5),
          idempotencyKey: "k"
        )
      }
      #expect(error?.code == .idempotencyConflict)
      #expect(try await Self.visitor(client, transport).choose("Not now").status == 200)
      let outcome = try await client.ask(
        Self.question,
        to: .user("sarah"),
        timeout: .seconds(30),
        idempotencyKey: "k"
      )
      #expect(outcome.reply?.option == "Not now")
    }
  }

  @Test("A key that was refused keeps its link when it's asked under again, and a plain key has none")
  func refusedFirst() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(callbacks: []))
    transport.script(.refused(status: 400, code: "invalid_recipient"))
    try await withMockedClient(transport) { client in
      await #expect(throws: SmoovenError.self) {
        _ = try await client.ask(
          Question("First?"),
          to: .user("sara"),
          timeout: .seconds(5),
          idempotencyKey: "k"
        )
      }
      let handle = try await client.sendQuestion(
        Self.question,
        to: .user("sarah"),
        openFor: .seconds(900),
        idempotencyKey: "k"
      )
      #expect(try await Self.visitor(client, transport).choose("Deploy").status == 200)
      #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == "Deploy")
      transport.script(.refused(status: 400, code: "invalid_recipient"))
      await #expect(throws: SmoovenError.self) { _ = try await client.remind(key: "plain") }
      let error = await #expect(throws: SmoovenError.self) {
        _ = try await client.ask(
          Self.question,
          to: .user("sarah"),
          timeout: .seconds(5),
          idempotencyKey: "plain"
        )
      }
      #expect(error?.code == .idempotencyConflict)
    }
  }

  @Test("Each channel contains the link")
  func channels() throws {
    let url = "https://a.example/answers/0"
    let sms = Self.question.request(to: .sms("+61400000000"), urgency: nil, answerURL: url)
    #expect(sms.message == "Deploy build 512?\n\(url)")
    let email = Question("<b>?").request(to: .email("a@b.example"), urgency: nil, answerURL: url)
    #expect(email.email?.html?.contains("&lt;b&gt;?") == true && email.email?.html?.contains(url) == true)
    #expect(Self.question.request(to: .push("p"), urgency: nil, answerURL: url).push?.deepLink == url)
    for request in [sms, email] { try request.validate() }
  }

  @Test("Without a port, there is no page")
  func polling() async throws {
    let transport = MockTransport(secretKey: testKey)
    let configuration = SmoovenConfiguration(secretKey: testKey, tracking: .polling())
    try await withMockedClient(transport, configuration: configuration) { client in
      let error = await #expect(throws: SmoovenError.self) {
        _ = try await client.ask(Self.question, to: .user("sarah"), timeout: .seconds(5))
      }
      #expect(error?.code == .invalidConfiguration)
    }
    #expect(transport.requestCount == 0)
  }

  // MARK: Replies of another system

  @Test("A customer's own reply answers the question, and a reply to an earlier question doesn't")
  func inbound() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(callbacks: [.delivered]))
    let configuration = mockConfiguration {
      $0.endpoints = [CallbackEndpoint(.smobi(), authentication: .token("inbound-0123456789abcdef"))]
    }
    let source = Question.Source.smobi(customer: "+15552223333", sender: "Agent")
    try await withMockedClient(transport, configuration: configuration) { client in
      #expect(await client.receiver.receive(CallbackRequest.smobiReply("Deploy", 1)).status == .ok)
      let handle = try await client.sendQuestion(
        Question("Deploy?", options: ["Deploy", "Not now"]),
        to: .sms("+15552223333"),
        openFor: .seconds(900),
        alsoFrom: source
      )
      #expect(try await handle.answer(timeout: .milliseconds(50)).reply == nil)
      async let outcome = handle.answer(timeout: .seconds(30))
      // It isn't one of the options, so it isn't an answer.
      #expect(await client.receiver.receive(CallbackRequest.smobiReply("What?", 2)).status == .ok)
      #expect(await client.receiver.receive(CallbackRequest.smobiReply(" not NOW ", 3)).status == .ok)
      let reply = try await outcome.reply
      #expect(reply?.option == "Not now")
      #expect(reply?.source == "smobi")
      let url = try #require(
        transport.requests.last?.json["message"]?.stringValue?.split(separator: "\n").last
      )
      let visitor = Visitor(
        receiver: client.receiver,
        path: String(url.dropFirst("https://agent.example.com".count))
      )
      #expect(await visitor.get().html.contains("Not now"))
    }
  }

  @Test("A wait for a reply leaves out what was answered before")
  func since() async throws {
    let receiver = try CallbackReceiver(endpoints: [
      CallbackEndpoint(.smobi(), authentication: .token("inbound-0123456789abcdef"))
    ])
    let id = SmobiCallbackProvider.conversationID(customer: "15552223333", sender: "Agent")
    _ = await receiver.receive(CallbackRequest.smobiReply("old", 1))
    let old = try await receiver.outcome(of: "smobi", id: id, timeout: .seconds(5), until: .replied)
    #expect(old.event.flatMap { SmobiInboundMessage($0) }?.text == "old")
    let since = Date()
    let running = Task { try await receiver.run() }
    defer { running.cancel() }
    async let new = receiver.outcome(
      of: "smobi",
      id: id,
      since: since,
      timeout: .seconds(30),
      until: .replied
    )
    _ = await receiver.receive(CallbackRequest.smobiReply("old", 1))
    _ = await receiver.receive(CallbackRequest.smobiReply("new", 2))
    #expect(try await new.event.flatMap { SmobiInboundMessage($0) }?.text == "new")
  }
}
