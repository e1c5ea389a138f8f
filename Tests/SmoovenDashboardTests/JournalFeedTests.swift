import Foundation
import HTTPTypes
import Smooven
import SmoovenDashboard
import SmoovenSupport
import SmoovenTesting
import Testing

/// The page of a receiver: what is in its journal, and what can be done with it.
@Suite("Dashboard of a receiver", .timeLimit(.minutes(1)))
struct JournalFeedTests {
  private static let secret: Secret = "sk_test_0123456789"

  private struct Scene {
    let journal = DeliveryJournal(keepsRequests: true)
    let receiver: CallbackReceiver
    let client: Client

    /// The number of requests that were diagnosed.
    let diagnosed = Watched(0)

    init(diagnosis: [String] = [], token: Secret? = nil) throws {
      var endpoints = [CallbackEndpoint(try SmoovenCallbackProvider(secrets: [JournalFeedTests.secret]))]
      if let token {
        endpoints.append(CallbackEndpoint(NotificationAPICallbackProvider(), authentication: .token(token)))
      }
      receiver = try CallbackReceiver(endpoints: endpoints, journal: journal)
      var actions = SmoovenDashboard.Actions.redelivering(to: receiver)
      actions.diagnose = { [diagnosed] _, _, _ in
        diagnosed.update { $0 += 1 }
        return diagnosis
      }
      client = Client(SmoovenDashboard(journal: journal, actions: actions))
    }

    func entries() async throws -> [JSONValue] {
      try #require(try await client.get("/api/entries")["entries"]?.arrayValue)
    }
  }

  @Test("A callback is one entry with its request, and delivering it again is a duplicate")
  func callback() async throws {
    let scene = try Scene()
    let fixture = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
    #expect(await scene.receiver.receive(fixture.request(secret: Self.secret)).status == .ok)
    var entries = try await scene.entries()
    #expect(entries.count == 1)
    #expect(entries[0]["kind"] == "callback" && entries[0]["title"] == "notification.delivered")
    #expect(entries[0]["names"] == ["ntf_1"] && entries[0]["redeliver"] == true)
    let number = try #require(entries[0]["number"]?.integerValue)
    let details = try await scene.client.get("/api/entries/\(number)")
    #expect(details["request"]?["complete"] == true)
    #expect(details["test"]?.stringValue?.contains("SmoovenCallbackFixture(") == true)

    let reply = try await scene.client.send(.post, "/api/redeliver/\(number)", body: "{}").json
    #expect(reply["status"] == 200)
    entries = try await scene.entries()
    #expect(entries.count == 2 && reply["entry"] == entries[1]["number"])
    #expect(entries[1]["detail"] == "duplicate" && entries[1]["names"] == ["ntf_1"])
    #expect(try await scene.client.get("/api/deliveries/ntf_1")["entries"]?.arrayValue?.count == 2)
  }

  @Test("A callback at a delivery's own URL is delivered again there, and its token isn't shown")
  func token() async throws {
    let scene = try Scene()
    let token = DeliveryToken()
    let fixture = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
    let path = "/callbacks/smooven/\(token.text)"
    #expect(await scene.receiver.receive(fixture.request(to: path, secret: Self.secret)).status == .ok)
    let number = try #require(try await scene.entries().first?["number"]?.integerValue)
    #expect(await scene.client.send(.post, "/api/redeliver/\(number)").status == 200)
    let entries = try await scene.entries()
    #expect(entries.count == 2 && entries[0]["names"] == entries[1]["names"])
    for path in ["/api/entries", "/api/entries/\(number)", "/api/deliveries/ntf_1"] {
      #expect(await scene.client.send(.get, path).text.contains(token.text) == false)
    }
  }

  @Test("A refused request has its reason and diagnosis, and is refused again if it's delivered again")
  func refused() async throws {
    let scene = try Scene(diagnosis: ["the body was changed"])
    let forged = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
      .request(secret: "sk_test_of_somebody_else")
    #expect(await scene.receiver.receive(forged).status == .unauthorized)
    let entry = try #require(try await scene.entries().first)
    #expect(entry["kind"] == "rejected" && entry["title"] == "no_match" && entry["status"] == 401)
    #expect(entry["tone"] == "bad")
    let number = try #require(entry["number"]?.integerValue)
    let details = try await scene.client.get("/api/entries/\(number)")
    #expect(details["hints"] == ["the body was changed"])
    let reply = try await scene.client.send(.post, "/api/redeliver/\(number)", body: "{}").json
    #expect(reply["status"] == 401)
    #expect(try await scene.entries().count == 2)
  }

  @Test("A filter finds a refusal by its documented reason, and a search diagnoses nothing")
  func filter() async throws {
    let scene = try Scene()
    let old = SmoovenCallbackFixture(
      "notification.delivered",
      notificationID: "ntf_old",
      timestamp: Date(timeIntervalSinceNow: -200_000)
    )
    #expect(await scene.receiver.receive(old.request(secret: Self.secret)).status == .unauthorized)
    for filter in ["too_old", "too_old+ntf_old", "401"] {
      let found = try await scene.client.get("/api/entries?filter=\(filter)")["entries"]?.arrayValue
      #expect(found?.count == 1 && found?.first?["title"] == "too_old", "\(filter)")
    }
    #expect(try await scene.client.get("/api/entries?filter=elsewhere")["entries"] == [])
    #expect(scene.diagnosed.read { $0 } == 0)
    let number = try #require(try await scene.entries().first?["number"]?.integerValue)
    _ = try await scene.client.get("/api/entries/\(number)")
    #expect(scene.diagnosed.read { $0 } == 1)
  }

  @Test(
    "A request of which a header field was removed isn't delivered again",
    arguments: [
      ("Authorization", "Bearer x", false), ("X-Original-Url", "/x", false), ("X-Trace", "x", true),
    ]
  )
  func redacted(name: String, value: String, isOffered: Bool) async throws {
    let scene = try Scene()
    var request = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
      .request(secret: Self.secret)
    request.head.headerFields[try #require(HTTPField.Name(name))] = value
    #expect(await scene.receiver.receive(request).status == .ok)
    let entry = try #require(try await scene.entries().first)
    #expect((entry["redeliver"] == true) == isOffered)
    let number = try #require(entry["number"]?.integerValue)
    let reply = await scene.client.send(.post, "/api/redeliver/\(number)")
    #expect(reply.status == (isOffered ? 200 : 422))
    #expect(try await scene.entries().count == (isOffered ? 2 : 1))
  }

  @Test("A request that had no credentials doesn't get any when it's delivered again")
  func credentials() async throws {
    let token: Secret = "0123456789abcdef0123456789abcdef"
    let scene = try Scene(token: token)
    var head = HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/callbacks/notificationapi")
    let body = Array(#"{"eventType":"EMAIL_OPEN","trackingId":"t1"}"#.utf8)
    #expect(await scene.receiver.receive(CallbackRequest(head: head, body: body)).status != .ok)
    for entry in try await scene.entries() {
      let number = try #require(entry["number"]?.integerValue)
      let reply = await scene.client.send(.post, "/api/redeliver/\(number)")
      #expect(reply.status == 422 || (try? reply.json)?["status"] != 200)
    }
    // One that had them keeps them.
    head.path = "/callbacks/notificationapi/0123456789abcdef0123456789abcdef"
    #expect(await scene.receiver.receive(CallbackRequest(head: head, body: body)).status == .ok)
    let entry = try #require(try await scene.entries().last)
    let number = try #require(entry["number"]?.integerValue)
    #expect(try await scene.client.send(.post, "/api/redeliver/\(number)").json["status"] == 200)
    #expect(
      await scene.client.send(.get, "/api/entries/\(number)").text.contains("0123456789abcdef") == false
    )
  }

  @Test("Without actions, none is offered")
  func readOnly() async throws {
    let journal = DeliveryJournal(keepsRequests: true)
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(try SmoovenCallbackProvider(secrets: [Self.secret]))],
      journal: journal
    )
    let fixture = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
    _ = await receiver.receive(fixture.request(secret: Self.secret))
    let client = Client(SmoovenDashboard(journal: journal))
    let entries = try await client.get("/api/entries")["entries"]?.arrayValue
    #expect(entries?.first?["redeliver"] == nil)
    #expect(try await client.get("/api/about")["redeliver"] == false)
    #expect(await client.send(.post, "/api/redeliver/1").status == 403)
  }
}
