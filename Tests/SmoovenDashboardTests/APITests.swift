import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenDashboard
import SmoovenSupport
import Testing

@Suite("API of the dashboard", .timeLimit(.minutes(1)))
struct APITests {
  @Test("Entries come in pages, each with the place to continue")
  func pages() async throws {
    let feed = FakeFeed()
    feed.append(450)
    let client = Client(feed: feed)
    var numbers: [Int64] = []
    var position: Int64 = 0
    for expected in [200, 200, 50] {
      let page = try await client.get("/api/entries?after=\(position)")
      let entries = try #require(page["entries"]?.arrayValue)
      #expect(entries.count == expected)
      numbers += entries.compactMap { $0["number"]?.integerValue }
      position = try #require(page["end"]?.integerValue)
      #expect(page["newest"] == 450)
    }
    #expect(numbers == Array(1...450))
    #expect(try await client.get("/api/entries?after=450")["entries"] == [])
  }

  @Test(
    "Invalid values in a query are ignored",
    arguments: [
      "after=-1", "after=99999999999999999999", "limit=0", "limit=x", "&&=&after", "after=%00", "filter=%zz",
    ]
  )
  func query(query: String) async throws {
    let feed = FakeFeed()
    feed.append(3)
    let entries = try await Client(feed: feed).get("/api/entries?\(query)")["entries"]?.arrayValue
    #expect((1...3).contains(entries?.count ?? 0))
  }

  @Test("A limit is at most 1,000")
  func limit() async throws {
    let feed = FakeFeed()
    feed.append(1_500)
    let page = try await Client(feed: feed).get("/api/entries?limit=1000000")
    #expect(page["entries"]?.arrayValue?.count == 1_000)
  }

  @Test(
    "A filter finds entries that have all of its words",
    arguments: [
      ("failed", [2]), ("FAILED ntf_2", [2]), ("notification", [1, 2, 3]), ("late+delivered", [3]),
      ("nothing", []), ("%20", [1, 2, 3]), ("bounce", [2]),
    ]
  )
  func filter(filter: String, numbers: [Int64]) async throws {
    let feed = FakeFeed()
    feed.append(1)
    var entry = DashboardEntry(
      number: 2,
      at: Date(),
      names: ["ntf_2"],
      kind: "callback",
      title: "notification.failed",
      hasRequest: true
    )
    let body = Array(#"{"reason":"Bounced"}"#.utf8)
    feed.append(DashboardDetails(entry: entry, request: DashboardRequest(path: "/", fields: [], body: body)))
    entry = DashboardEntry(
      number: 3,
      at: Date(),
      names: ["ntf_3"],
      kind: "callback",
      title: "notification.delivered",
      detail: "late"
    )
    feed.append(DashboardDetails(entry: entry))
    let page = try await Client(feed: feed).get("/api/entries?filter=\(filter)")
    #expect(page["entries"]?.arrayValue?.compactMap { $0["number"]?.integerValue } == numbers)
  }

  @Test("A filter searches everything that is kept, and its pages continue")
  func filteredPages() async throws {
    let feed = FakeFeed()
    for _ in 0..<10 {
      feed.append(300, title: "notification.sent")
      feed.append(1, title: "notification.failed")
    }
    let client = Client(feed: feed)
    let first = try await client.get("/api/entries?filter=failed&limit=7")
    #expect(first["entries"]?.arrayValue?.count == 7)
    let end = try #require(first["end"]?.integerValue)
    let second = try await client.get("/api/entries?filter=failed&limit=7&after=\(end)")
    #expect(second["entries"]?.arrayValue?.count == 3)
  }

  @Test("A delivery includes every entry that shares a name with it")
  func delivery() async throws {
    let feed = FakeFeed()
    for (number, names) in [(1, ["a1"]), (2, ["b1"]), (3, ["a1", "ntf_a"]), (4, ["ntf_a"]), (5, ["ntf_b"])] {
      feed.append(
        DashboardDetails(
          entry: DashboardEntry(
            number: UInt64(number),
            at: Date(),
            names: names,
            kind: "callback",
            title: "x"
          )
        )
      )
    }
    let client = Client(feed: feed)
    for name in ["a1", "ntf_a"] {
      let delivery = try await client.get("/api/deliveries/\(name)")
      #expect(delivery["entries"]?.arrayValue?.compactMap { $0["number"]?.integerValue } == [1, 3, 4])
    }
    #expect(await client.send(.get, "/api/deliveries/ntf_c").status == 404)
    #expect(await client.send(.get, "/api/deliveries/%ff%fe").status == 404)
  }

  @Test(
    "An unknown resource is a 404",
    arguments: [
      "/api/entries/99", "/api/entries/x", "/api/entries/-1", "/api", "/api/", "/app.js/", "//",
      "/../etc/passwd",
      "/index.html", "/api/entries/99999999999999999999",
    ]
  )
  func notFound(path: String) async {
    let feed = FakeFeed()
    feed.append(1)
    #expect(await Client(feed: feed).send(.get, path).status == 404)
  }

  @Test("A redelivery reports its result, and an unknown entry is a 404")
  func redeliver() async throws {
    let feed = FakeFeed()
    feed.append(2)
    let client = Client(feed: feed)
    let reply = await client.send(.post, "/api/redeliver/1", body: "{}")
    #expect(reply.status == 200)
    #expect(try reply.json == ["status": 200, "entry": 2])
    #expect(feed.redelivered == [1])
    #expect(await client.send(.post, "/api/redeliver/3").status == 404)
  }

  @Test("Delivering an entry again while that is in progress is a 409, and another entry isn't")
  func busy() async throws {
    let feed = FakeFeed()
    feed.append(2)
    feed.closeGate()
    let client = Client(feed: feed)
    async let first = client.send(.post, "/api/redeliver/1")
    try await feed.redelivering()
    #expect(await client.send(.post, "/api/redeliver/1").status == 409)
    async let other = client.send(.post, "/api/redeliver/2")
    feed.openGate()
    #expect(await first.status == 200)
    #expect(await other.status == 200)
    #expect(await client.send(.post, "/api/redeliver/1").status == 200)
    #expect(feed.redelivered.sorted() == [1, 1, 2])
  }

  @Test("A forbidden action is a 403 that says so")
  func readOnly() async {
    let feed = FakeFeed(canRedeliver: false)
    feed.append(1)
    let client = Client(feed: feed)
    for path in ["/api/redeliver/1", "/api/trigger"] {
      let reply = await client.send(.post, path)
      #expect(reply.status == 403 && reply.text.contains("here"))
    }
    #expect(feed.redelivered.isEmpty)
  }

  @Test(
    "A trigger names a known provider and an event",
    arguments: [
      (#"{"provider":"smooven","event":"notification.opened"}"#, 200),
      (#"{"provider":"smooven","event":"notification.opened","id":"ntf_1"}"#, 200),
      (#"{"provider":"smooven","event":""}"#, 400), (#"{"provider":"other","event":"x"}"#, 400),
      (#"{"event":"x"}"#, 400), ("", 400), ("[]", 400), ("{", 400), (#"{"provider":1,"event":2}"#, 400),
    ]
  )
  func trigger(body: String, status: Int) async throws {
    let sent = Watched<[String]>([])
    let trigger = DashboardTrigger(choices: [("smooven", ["notification.delivered"])]) {
      provider,
      event,
      id in
      sent.update { $0.append("\(provider) \(event) \(id ?? "-")") }
      return 200
    }
    let client = Client(feed: FakeFeed(trigger: trigger))
    #expect(await client.send(.post, "/api/trigger", body: body).status == status)
    #expect(sent.read { $0.count } == (status == 200 ? 1 : 0))
  }

  @Test(
    "Recipients are shortened in lists, details, headers, bodies and what is copied, unless they are to be shown"
  )
  func people() async throws {
    for showsPeople in [false, true] {
      let feed = FakeFeed()
      let entry = DashboardEntry(
        number: 1,
        at: Date(),
        names: ["ntf_1"],
        kind: "callback",
        title: "notification.failed",
        detail: "no such mailbox: sarah@example.com",
        recipient: CallbackEvent.Recipient(userID: "customer-4711", address: "+61400111222"),
        hasRequest: true
      )
      let body =
        #"{"recipient":{"user_id":"customer-4711","channel_address":"+61400111222"},"cc":"bob@example.org","to":"Zoë Quinn"}"#
      let request = DashboardRequest(
        path: "/callbacks/smooven",
        fields: [("X-To", "sarah@example.com"), ("Signature", "abc")],
        body: Array(body.utf8)
      )
      feed.append(DashboardDetails(entry: entry, request: request))
      let client = Client(feed: feed, settings: DashboardSettings(showsPeople: showsPeople))
      for path in ["/api/entries", "/api/entries/1", "/api/deliveries/ntf_1", "/api/entries?filter=cc"] {
        let text = await client.send(.get, path).text
        for person in ["customer-4711", "+61400111222", "sarah@example.com", "bob@example.org", "Zoë Quinn"] {
          if !showsPeople { #expect(!text.contains(person), "\(path) \(person)") }
        }
        #expect(text.contains("customer-4711") == showsPeople)
      }
      // What doesn't match can't be guessed by a filter either.
      let found = try await client.get("/api/entries?filter=%2B61400111222")["entries"]
      #expect(found?.arrayValue?.isEmpty == !showsPeople)
    }
  }
}
