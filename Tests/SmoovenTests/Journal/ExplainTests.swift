import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import TestSupport
import Testing

/// Each rule, in the situation that it's for.
@Suite("Why a callback isn't arriving", .timeLimit(.minutes(1))) struct ExplainTests {
  typealias Scene = ExplanationScene

  func expect(
    _ explanation: DeliveryExplanation,
    _ codes: [String],
    _ standing: DeliveryExplanation.Standing = .open,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(explanation.reasons.map(\.code) == codes, "\(explanation)", sourceLocation: location)
    #expect(explanation.standing == standing, "\(explanation)", sourceLocation: location)
  }

  // MARK: No request

  @Test(
    "A public URL that Smooven can't reach",
    arguments: [
      ("http://127.0.0.1:8080", "public_url_is_loopback"), ("http://localhost", "public_url_is_loopback"),
      ("http://[::1]:80/hooks", "public_url_is_loopback"), ("http://192.168.1.5", "public_url_is_private"),
      ("http://10.0.0.7:8080", "public_url_is_private"), ("http://172.31.0.1", "public_url_is_private"),
      ("http://[fd00::1]", "public_url_is_private"), ("http://web:8080", "public_url_is_private"),
      ("http://printer.local", "public_url_is_private"), ("https://172.32.0.1", "no_request"),
      ("https://agent.example.com", "no_request"), ("https://[2001:db8::1]", "no_request"),
    ]
  )
  func unreachable(publicURL: String, code: String) async throws {
    let explanation = try await Scene.explanation(configure: { $0.listener = .mounted(publicURL: publicURL) })
    expect(explanation, ["no_callback", code])
    #expect(explanation.advice != nil)
  }

  @Test("A sandbox on this machine can reach a loopback URL, so that isn't blamed")
  func sandbox() async throws {
    let explanation = try await Scene.explanation(configure: {
      $0.baseURL = "http://127.0.0.1:9"
      $0.listener = .mounted(publicURL: "http://127.0.0.1:8080")
    })
    expect(explanation, ["no_callback", "no_request"])
  }

  @Test("The process that receives the callbacks is another one")
  func elsewhere() async throws {
    let explanation = try await Scene.explanation(configure: {
      $0.listener = .elsewhere(publicURL: "https://agent.example.com")
    })
    expect(explanation, ["no_callback", "received_elsewhere"])
  }

  @Test("Without a journal, nothing is said about requests that it would have kept")
  func noJournal() async throws {
    let explanation = try await Scene.explanation(hasJournal: false) { scene, _ in
      #expect(await scene.receive(scene.callback().forged()) == 401)
    }
    expect(explanation, ["no_callback", "not_recorded"])
    #expect(explanation.timeline.map(\.name) == ["opened", "accepted"])
  }

  @Test("It begins with the opening, even if the sender's clock is behind", arguments: [true, false])
  func opening(hasJournal: Bool) async throws {
    let explanation = try await Scene.explanation(hasJournal: hasJournal) { scene, handle in
      #expect(await scene.receive(scene.callback(age: 60)) == 200)
      _ = try await handle.outcome(timeout: .seconds(30))
    }
    let names = explanation.timeline.map(\.name)
    #expect(names.first == "opened", "\(names)")
  }

  @Test("Only callbacks of others arrive, so the URL isn't blamed")
  func others() async throws {
    let explanation = try await Scene.explanation(
      configure: {
        $0.listener = .mounted(publicURL: "http://192.168.1.5")
      },
      after: { scene, _ in
        #expect(await scene.receive(scene.callback(id: "ntf_2", to: "/callbacks/smooven")) == 200)
      }
    )
    expect(explanation, ["no_callback", "others_arrive"])
  }

  @Test("With polling, no callback is missing")
  func polling() async throws {
    let explanation = try await Scene.explanation(
      status: .json(["notification_id": "ntf_1", "status": "sent"]),
      configure: { $0.tracking = .polling() }
    )
    expect(explanation, ["polling"])
    #expect(explanation.why.message.contains("sent"))
  }

  @Test(
    "With polling, the status alone says that it has ended, and no callback is missing",
    arguments: [("delivered", DeliveryExplanation.Standing.arrived), ("undelivered", .failed)]
  )
  func pollingEnded(status: String, standing: DeliveryExplanation.Standing) async throws {
    let explanation = try await Scene.explanation(
      status: .json(["notification_id": "ntf_1", "status": .string(status)]),
      configure: { $0.tracking = .polling() }
    )
    expect(explanation, ["status"], standing)
    #expect(explanation.why.message.hasSuffix("the status says so."))
  }

  // MARK: Received, and not what was waited for

  @Test("A callback at a process that doesn't know the delivery")
  func unknownHere() async throws {
    try await Scene.run { sending in
      let handle = try await sending.client.notifySarah()
      try await Scene.run { other in
        #expect(await other.receive(sending.callback()) == 200)
        expect(try await other.client.explain("ntf_1"), ["unknown_here"], .arrived)
        await #expect(throws: SmoovenError.self) { try await other.client.explain("ntf_2") }
      }
      expect(try await sending.client.explain(handle), ["no_callback", "no_request"])
    }
  }

  @Test("A callback after the wait had ended")
  func late() async throws {
    let explanation = try await Scene.explanation { scene, handle in
      let outcome = try await handle.outcome(timeout: .milliseconds(1))
      #expect(!outcome.isDelivered)
      scene.wall.advance(by: 42)
      #expect(await scene.receive(scene.callback()) == 200)
    }
    expect(explanation, ["late"], .arrived)
    #expect(explanation.why.message.contains("42 s after the wait had ended"))
  }

  @Test("A callback after the handle was released, by the notification's id")
  func released() async throws {
    let explanation = try await Scene.run { scene in
      let outcome = try await scene.client.remind(timeout: .milliseconds(1))
      #expect(!outcome.isDelivered)
      try await scene.transport.waitForRequests(1)
      scene.wall.advance(by: 5)
      #expect(await scene.receive(scene.callback()) == 200)
      let handle = try #require(scene.journal.entries().entries.first?.handle)
      return try await scene.client.explain(handle)
    }
    expect(explanation, ["late"], .arrived)
  }

  @Test("Only copies of a callback that was received before")
  func duplicates() async throws {
    let explanation = try await Scene.run(.accepted(id: "ntf_1")) { scene in
      let first = try await scene.client.notifySarah()
      let callback = scene.callback(id: "ntf_9")
      #expect(await scene.receive(callback) == 200)
      scene.transport.script(.accepted(id: "ntf_2"))
      let second = try await scene.client.notifySarah()
      var copy = callback
      copy.head.path = scene.callback().head.path
      #expect(await scene.receive(copy) == 200)
      withExtendedLifetime(first) {}
      return try await scene.client.explain(second)
    }
    expect(explanation, ["duplicates_only"])
  }

  @Test("It's on its way, or one channel of two failed")
  func underWay() async throws {
    let sent = try await Scene.explanation { scene, _ in
      #expect(await scene.receive(scene.callback("notification.sent")) == 200)
    }
    expect(sent, ["under_way"])
    let failed = try await Scene.run { scene in
      let handle = try await scene.client.notifySarah(urgency: .critical)
      #expect(await scene.receive(scene.callback("notification.failed")) == 200)
      return try await scene.client.explain(handle)
    }
    expect(failed, ["channel_failed"])
  }

  // MARK: It has ended

  @Test("It arrived, failed, or was given up")
  func ended() async throws {
    let arrived = try await Scene.explanation { scene, _ in
      #expect(await scene.receive(scene.callback()) == 200)
    }
    expect(arrived, ["arrived"], .arrived)
    let notFurther = try await Scene.explanation { scene, handle in
      #expect(await scene.receive(scene.callback()) == 200)
      _ = try await handle.outcome(timeout: .milliseconds(1), until: .opened)
    }
    expect(notFurther, ["not_further"], .arrived)
    let failed = try await Scene.explanation { scene, _ in
      #expect(await scene.receive(scene.callback("notification.failed")) == 200)
    }
    expect(failed, ["failed"], .failed)
    let givenUp = try await Scene.run { scene in
      let handle = try await scene.client.notify(
        intent: "x",
        context: .init(userID: "u"),
        idempotencyKey: "page:4711"
      )
      #expect(try await scene.client.giveUp(onKey: "page:4711"))
      withExtendedLifetime(handle) {}
      return try await scene.client.explain("page:4711")
    }
    expect(givenUp, ["given_up"], .failed)
    #expect(!"\(givenUp)".contains("4711"))
  }

  @Test(
    "The status reports what no callback did",
    arguments: [("delivered", DeliveryExplanation.Standing.arrived), ("undelivered", .failed)]
  )
  func lost(status: String, standing: DeliveryExplanation.Standing) async throws {
    for waits in [false, true] {
      let explanation = try await Scene.explanation(
        status: .json(["notification_id": "ntf_1", "status": .string(status)])
      ) { scene, handle in
        #expect(await scene.receive(scene.callback().forged()) == 401)
        if waits { _ = try await handle.outcome(timeout: .milliseconds(1)) }
      }
      expect(explanation, ["callback_lost", "refused_signature"], standing)
    }
  }

  // MARK: It may not have been sent

  @Test("Smooven refused it, or couldn't be reached")
  func notSent() async throws {
    try await Scene.run(.refused(status: 400, code: "invalid_recipient")) { scene in
      await #expect(throws: SmoovenError.self) { try await scene.client.notifySarah() }
      let handle = try #require(scene.journal.entries().entries.first?.handle)
      let refused = try await scene.client.explain(handle)
      expect(refused, ["refused"])
      #expect(refused.why.message.contains("invalid_recipient"))
    }
    try await Scene.run(
      .failure(TransportError(.notSent, "no route")),
      configure: { $0.retry = .never },
      { scene in
        await #expect(throws: SmoovenError.self) {
          try await scene.client.notify(.init(channel: .sms, to: "+61400000000", message: "x"))
        }
        let handle = try #require(scene.journal.entries().entries.first?.handle)
        expect(try await scene.client.explain(handle), ["not_sent"])
      }
    )
  }

  @Test("The request has left, and its response is awaited")
  func sending() async throws {
    try await Scene.run(.nothing()) { scene in
      let sending = Task { try await scene.client.notifySarah() }
      try await scene.transport.waitForRequests(1)
      let handle = try #require(scene.journal.entries().entries.first?.handle)
      let explanation = try await scene.client.explain(handle)
      sending.cancel()
      await #expect(throws: CancellationError.self) { try await sending.value }
      expect(explanation, ["sending"])
      #expect(explanation.timeline.map(\.name) == ["opened", "request left"])
    }
  }

  @Test("The response was lost, so only a callback can show the outcome")
  func unclear() async throws {
    let explanation = try await Scene.explanation(
      .failure(TransportError(.noResponse, "cut")),
      configure: { _ in }
    )
    expect(explanation, ["unclear", "no_request"])
    let polling = try await Scene.explanation(
      .failure(TransportError(.noResponse, "cut")),
      configure: { $0.tracking = .polling() }
    )
    expect(polling, ["unclear"])
  }

  // MARK: From a store alone

  @Test("A store alone says what it knows, and that it keeps no refused requests")
  func storeAlone() async throws {
    let store = InMemoryDeliveryStore()
    let handle = try await Scene.run(store: store) { scene in
      let handle = try await scene.client.notify(
        intent: "x",
        context: .init(userID: "u"),
        idempotencyKey: "page:4711"
      )
      #expect(await scene.receive(scene.callback().forged()) == 401)
      withExtendedLifetime(handle) {}
      return scene.journal.entries().entries.first?.handle
    }
    for name in ["ntf_1", "page:4711"] {
      let explanation = try #require(try await DeliveryExplanation.find(name, in: store))
      expect(explanation, ["no_callback", "store_alone"])
      #expect(explanation.handle == handle)
    }
    #expect(try await DeliveryExplanation.find("ntf_2", in: store) == nil)
  }

  // MARK: What is printed

  @Test("People get the timeline and the reasons, and tools the same as JSON")
  func printed() async throws {
    let explanation = try await Scene.run { scene in
      let handle = try await scene.client.notify(
        intent: "x",
        context: .init(userID: "sarah@example.com"),
        idempotencyKey: "page:4711"
      )
      scene.wall.advance(by: 2)
      for _ in 0..<3 {
        #expect(await scene.receive(scene.callback(to: "/callbacks/smooven").forged()) == 401)
      }
      scene.wall.advance(by: 28)
      _ = try await handle.outcome(timeout: .milliseconds(1))
      return try await scene.client.explain(handle)
    }
    let lines = "\(explanation)".split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("ntf_1  sms → timed out after "))
    #expect(
      Array(lines[1...5]) == [
        "     0.00 s  opened          with a key", "     0.00 s  request left",
        "     0.00 s  accepted        queued, sms", "     2.00 s  others refused  3 with 401 no_match",
        "    30.00 s  timed out       queued",
      ]
    )
    #expect(
      lines[6] == """
        why: Smooven accepted it, and none of its callbacks was received here. Since it was opened, 3 requests were \
        refused: no configured secret made the signature (no_match).
        """
    )
    #expect(lines[7].hasPrefix("     → The URL works, but the secret isn't the one that signs."))
    let json = explanation.json
    #expect(json["why"]?["code"] == "no_callback")
    #expect(json["notification_id"] == "ntf_1")
    #expect(json["timeline"]?.arrayValue?[3]["elapsed_ms"] == 2_000)
    #expect(json["reasons"]?.arrayValue?[1]["code"] == "refused_signature")
    var text = "\(explanation)"
    dump(explanation, to: &text)
    TelemetryTests.assertClean(text + String(describing: json), token: "page:4711")
  }
}
