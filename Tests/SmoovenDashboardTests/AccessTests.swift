import HTTPTypes
import Smooven
import SmoovenDashboard
import Testing

/// Every route with each of its methods.
private let routes: [(method: HTTPRequest.Method, path: String)] = [
  (.get, "/"), (.get, "/app.js"), (.get, "/app.css"), (.get, "/api/about"), (.get, "/api/entries"),
  (.get, "/api/entries?filter=x"), (.get, "/api/entries/1"), (.get, "/api/stream"),
  (.get, "/api/deliveries/ntf_1"), (.post, "/api/redeliver/1"), (.post, "/api/trigger"),
]

@Suite("Access to the dashboard", .timeLimit(.minutes(1)))
struct AccessTests {
  private static func feed() -> FakeFeed {
    let feed = FakeFeed(
      trigger: DashboardTrigger(choices: [("smooven", ["notification.delivered"])]) { _, _, _ in 200 }
    )
    feed.append(3)
    return feed
  }

  @Test(
    "Another host only gets a 403, on every route and before any other check",
    arguments: ["evil.example", "evil.example:4041", "127.0.0.1:80", "localhost.evil.example:4041", "", nil]
  )
  func host(host: String?) async {
    let feed = Self.feed()
    var client = Client(feed: feed)
    client.host = host
    for (method, path) in routes + [(.get, "/nothing"), (.put, "/"), (.get, "/api/redeliver/1")] {
      for token in [client.token, nil] {
        client.token = token
        let reply = await client.send(method, path)
        #expect(reply.status == 403, "\(method) \(path)")
        #expect(reply.body.isEmpty && reply.events == nil, "\(method) \(path)")
        #expect(!reply.head.headerFields.contains { $0.value.contains("evil") })
      }
    }
    #expect(feed.redelivered.isEmpty)
  }

  @Test(
    "A page of another origin gets a 403",
    arguments: ["http://evil.example", "null", "http://localhost:3000"]
  )
  func origin(origin: String) async {
    let client = Client(feed: Self.feed())
    for (method, path) in routes {
      let reply = await client.send(method, path, [.origin: origin])
      #expect(reply.status == 403 && reply.body.isEmpty, "\(method) \(path)")
    }
    let own = await client.send(.post, "/api/redeliver/1", [.origin: "http://localhost:4041"])
    #expect(own.status == 200)
  }

  @Test(
    "Without the token there is no data and no action",
    arguments: [nil, "", "0123456789abcdef0123456789abcdef"]
  )
  func token(token: String?) async {
    let feed = Self.feed()
    var client = Client(feed: feed)
    client.token = token
    for (method, path) in routes where path.hasPrefix("/api") {
      let reply = await client.send(method, path)
      #expect(reply.status == 401, "\(method) \(path)")
      #expect(reply.events == nil && reply.head.headerFields[.wwwAuthenticate] == "Bearer")
      #expect(!reply.text.contains("ntf_"))
    }
    #expect(feed.redelivered.isEmpty)
    // The page itself holds none.
    #expect(await client.send(.get, "/").status == 200)
  }

  @Test("The token is 128 random bits in the fragment, another one each time")
  func fragment() {
    let paths = (0..<3).map { _ in SmoovenDashboard(journal: DeliveryJournal()).path }
    #expect(Set(paths).count == 3)
    for path in paths { #expect(path.hasPrefix("/#") && path.count == 34) }
  }

  @Test("No route changes anything by GET or HEAD", arguments: ["/api/redeliver/1", "/api/trigger"])
  func get(path: String) async {
    let feed = Self.feed()
    let client = Client(feed: feed)
    for method in [HTTPRequest.Method.get, .head, .put, .delete, .options] {
      let reply = await client.send(method, path)
      #expect(reply.status == 405 && reply.head.headerFields[.allow] == "POST", "\(method)")
    }
    #expect(feed.redelivered.isEmpty)
  }

  @Test(
    "A form can't post: only JSON is accepted",
    arguments: [
      "application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "application/jsonp",
      "text/plain; application/json", "",
    ]
  )
  func type(type: String) async {
    let feed = Self.feed()
    let client = Client(feed: feed)
    #expect(await client.send(.post, "/api/redeliver/1", [.contentType: type]).status == 415)
    #expect(feed.redelivered.isEmpty)
    let reply = await client.send(
      .post,
      "/api/redeliver/1",
      [.contentType: "Application/JSON; charset=utf-8"]
    )
    #expect(reply.status == 200)
  }

  @Test("Every response says how it may be used, and none sets a cookie")
  func fields() async throws {
    let client = Client(feed: Self.feed())
    var unknown = client
    unknown.host = "evil.example"
    for (method, path) in routes + [(.get, "/nothing"), (.put, "/")] {
      for client in [client, unknown] {
        let fields = await client.send(method, path).head.headerFields
        #expect(fields[.cacheControl] == "no-store")
        #expect(fields[.xContentTypeOptions] == "nosniff")
        #expect(fields[.setCookie] == nil && fields[.accessControlAllowOrigin] == nil)
        for (name, value) in [
          ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
          ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
          #expect(fields[try #require(HTTPField.Name(name))] == value)
        }
        let policy = try #require(fields[.contentSecurityPolicy])
        for rule in [
          "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
          "base-uri 'none'",
          "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        ] {
          #expect(policy.contains(rule))
        }
        #expect(!policy.contains("unsafe"))
      }
    }
  }

  @Test("A custom rule decides about data, and the rule 'none' admits clients that name the host")
  func custom() async {
    let rule = SmoovenDashboard.Access.custom { $0.headerFields[.cookie] == "session=1" }
    var client = Client(SmoovenDashboard(journal: DeliveryJournal(), access: rule))
    #expect(client.token == nil)
    #expect(await client.send(.get, "/api/entries").status == 401)
    #expect(await client.send(.get, "/api/entries", [.cookie: "session=1"]).status == 200)
    client = Client(SmoovenDashboard(journal: DeliveryJournal(), access: .none))
    #expect(client.dashboard.path == "/")
    #expect(await client.send(.get, "/api/entries").status == 200)
    client.host = "evil.example"
    #expect(await client.send(.get, "/api/entries").status == 403)
  }

  @Test("Mounted elsewhere, it's reached by the hosts that were given")
  func hosts() async {
    let dashboard = SmoovenDashboard(journal: DeliveryJournal(), access: .none, hosts: ["admin.example.com"])
    for (host, status) in [("admin.example.com", 200), ("localhost:8080", 200), ("evil.example", 403)] {
      let head = HTTPRequest(method: .get, scheme: "https", authority: host, path: "/api/about")
      #expect(await dashboard.respond(to: head).status == status, "\(host)")
    }
  }
}
