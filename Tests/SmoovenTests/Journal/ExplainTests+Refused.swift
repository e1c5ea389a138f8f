import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import TestSupport
import Testing

// The rules for requests that were refused.
extension ExplainTests {
  @Test("Another secret signs", arguments: [true, false])
  func signature(isOwnURL: Bool) async throws {
    let explanation = try await Scene.explanation { scene, _ in
      let callback = scene.callback(to: isOwnURL ? nil : "/callbacks/smooven").forged()
      for _ in 0..<3 { #expect(await scene.receive(callback) == 401) }
    }
    expect(explanation, ["no_callback", "refused_signature"])
    #expect(explanation.reasons[1].message.contains("3 requests"))
    #expect(explanation.reasons[1].message.hasPrefix(isOwnURL ? "At its own URL" : "Since it was opened"))
    #expect(explanation.advice?.contains("secret") == true)
  }

  @Test("A clock that is off by minutes, either way", arguments: [-900.0, 90_000])
  func age(age: Double) async throws {
    let explanation = try await Scene.explanation { scene, _ in
      #expect(await scene.receive(scene.callback(age: age)) == 401)
    }
    expect(explanation, ["no_callback", "refused_age"])
    #expect(explanation.reasons[1].message.contains(age < 0 ? "900 s ahead" : "90000 s old"))
  }

  @Test("A store that can't be written")
  func store() async throws {
    let store = HookedStore(before: { step in
      if step == .append { throw DeliveryStoreError(.unavailable, "the file is read-only") }
    })
    let explanation = try await Scene.explanation(store: store) { scene, _ in
      #expect(await scene.receive(scene.callback()) == 503)
    }
    expect(explanation, ["no_callback", "refused_store"])
    #expect(explanation.reasons[1].message.contains("the file is read-only"))
  }

  @Test("A callback larger than the port accepts")
  func size() async throws {
    let explanation = try await explanation(ofRefusing: 413) {
      "POST \($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 65\r\n\r\n"
    }
    expect(explanation, ["no_callback", "refused_size"])
    #expect(explanation.reasons[1].message.contains("larger than 64 bytes"))
  }

  @Test(
    "A proxy or a mistaken sender in between",
    arguments: ["path", "header", "method", "compressed", "body"]
  )
  func between(what: String) async throws {
    let explanation = try await Scene.explanation { scene, _ in
      var request = scene.callback()
      switch what {
      case "path": request = scene.callback(to: "/hooks/smooven/x")
      case "header": request.head.headerFields[.smoovenSignature] = nil
      case "method": request.head.method = .put
      case "compressed":
        request = request.forged()
        request.head.headerFields[.contentEncoding] = "gzip"
      default:
        request = SmoovenCallbackFixture.request(to: scene.url, body: Array("{}".utf8), secret: testKey)
      }
      #expect(await scene.receive(request) >= 400)
    }
    expect(explanation, ["no_callback", "refused_\(what)"])
  }

  @Test("Requests at another delivery's URL, and those before it was opened, are none of its business")
  func notItsOwn() async throws {
    let explanation = try await Scene.run { scene in
      #expect(await scene.receive(scene.callback(to: "/callbacks/smooven").forged()) == 401)
      let first = try await scene.client.notifySarah()
      let firstURL = scene.url
      scene.transport.script(.accepted(id: "ntf_2"))
      let second = try await scene.client.notifySarah()
      #expect(await scene.receive(scene.callback(to: firstURL).forged()) == 401)
      withExtendedLifetime(first) {}
      return try await scene.client.explain(second)
    }
    expect(explanation, ["no_callback"])
  }

  @Test("No room for callbacks that no wait has claimed")
  func room() async throws {
    let explanation = try await Scene.explanation(
      configure: { $0.limits = DeliveryLimits(maximumEarlyEvents: 1) },
      after: { scene, _ in
        #expect(await scene.receive(scene.callback(id: "ntf_8", to: "/callbacks/smooven")) == 200)
        #expect(await scene.receive(scene.callback(id: "ntf_9", to: "/callbacks/smooven")) == 503)
      }
    )
    expect(explanation, ["no_callback", "refused_room"])
    #expect(explanation.reasons[1].message.contains("no_room"))
  }

  @Test("What visits the port doesn't speak HTTP")
  func port() async throws {
    let explanation = try await explanation(ofRefusing: 400) { _ in "BREW\r\n\r\n" }
    expect(explanation, ["no_callback", "refused_port"])
    #expect(explanation.reasons[1].message.contains("malformed"))
  }

  @Test("A receiver without a client wants a password that the request lacks")
  func credentials() async throws {
    let endpoint = try CallbackEndpoint(
      .smooven(testKey),
      authentication: .basic(user: "smooven", password: "0123456789abcdef")
    )
    let explanation = try #require(try await explanationOfRefusal(at: endpoint))
    expect(explanation, ["no_callback", "refused_credentials"])
    #expect(explanation.reasons[1].message.contains("no or wrong credentials"))
  }

  @Test("A custom provider refuses for a reason that only it has")
  func other() async throws {
    let endpoint = CallbackEndpoint(OtherTenant())
    let explanation = try #require(try await explanationOfRefusal(at: endpoint))
    expect(explanation, ["no_callback", "refused_other"])
    #expect(explanation.reasons[1].message.contains("wrong_tenant"))
  }

  /// Explains a delivery at whose port a request was refused before a receiver saw it.
  private func explanation(
    ofRefusing status: Int,
    _ request: @escaping @Sendable (_ url: String) -> String
  ) async throws -> DeliveryExplanation {
    try await Scene.explanation(
      configure: {
        $0.baseURL = "http://127.0.0.1:9"
        $0.listener = ListenerConfiguration(maximumBodySize: 64)
      },
      after: { scene, _ in
        let port = try await #require(scene.client.listener).address.port
        let stranger = try await Stranger(port: port, from: "127.0.0.2")
        await stranger.send(request(scene.url))
        #expect(try await stranger.statuses() == [status])
        await stranger.close()
      }
    )
  }

  /// Explains a delivery whose callback was refused by a receiver without a client, from its store and its journal.
  private func explanationOfRefusal(at endpoint: CallbackEndpoint) async throws -> DeliveryExplanation? {
    let store = InMemoryDeliveryStore()
    let journal = try await Scene.run(
      store: store,
      configure: { $0.listener = .elsewhere(publicURL: "https://agent.example.com") },
      { scene in
        let journal = DeliveryJournal(now: { scene.wall.now })
        let receiver = try CallbackReceiver(
          endpoints: [endpoint],
          store: store,
          now: { scene.wall.now },
          journal: journal
        )
        let handle = try await scene.client.notify(
          intent: "x",
          context: .init(userID: "u"),
          idempotencyKey: "page:4711"
        )
        #expect(await receiver.receive(scene.callback()).status == .unauthorized)
        withExtendedLifetime(handle) {}
        return journal
      }
    )
    return try await DeliveryExplanation.find("ntf_1", in: store, journal: journal)
  }

  /// A service that signs for another customer.
  private struct OtherTenant: CallbackProvider {
    let name = "smooven"

    func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
      throw VerificationError(VerificationError.Code(rawValue: "wrong_tenant"), "the tenant is another")
    }

    func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
      throw CallbackDecodingError(.fieldMissing, "nothing is verified")
    }
  }
}
