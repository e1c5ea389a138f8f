import AsyncHTTPClient
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import Smooven
import SmoovenDashboard
import SmoovenSupport
import SmoovenTesting
import Testing

/// The page on a port.
@Suite("Server of the dashboard", .timeLimit(.minutes(1)))
struct ServerTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Serves a page while a closure runs.
  private static func serving(
    _ feed: FakeFeed,
    _ body: @escaping @Sendable (_ url: String, _ token: String) async throws -> Void
  ) async throws {
    let dashboard = SmoovenDashboard(feed: feed, settings: DashboardSettings())
    let server = DashboardServer(dashboard, host: "127.0.0.1", port: 0, logger: logger)
    let link = Watched<String?>(nil)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run { value in link.update { $0 = value } } }
      let parts = try await link.first { $0 }.split(separator: "/#").map(String.init)
      try #require(parts.count == 2)
      try await body(parts[0], parts[1])
      group.cancelAll()
    }
  }

  private static func request(_ url: String, _ token: String?, host: String? = nil) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: url)
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let host { request.headers.replaceOrAdd(name: "Host", value: host) }
    return request
  }

  @Test("The port is checked in the host, and the page is read from it")
  func page() async throws {
    try await Self.serving(FakeFeed()) { url, token in
      for (host, status) in [(nil, 200), ("evil.example", 403), ("127.0.0.1:1", 403)] as [(String?, UInt)] {
        for path in ["/", "/app.js", "/app.css", "/api/entries"] {
          let response = try await HTTPClient.shared.execute(
            Self.request(url + path, token, host: host),
            timeout: .seconds(30)
          )
          #expect(response.status.code == status, "\(path)")
          let body = try await response.body.collect(upTo: 1 << 20)
          #expect((body.readableBytes == 0) == (status == 403))
        }
      }
    }
  }

  @Test("The files of the page have 60 KB at most")
  func size() async throws {
    let client = Client(feed: FakeFeed())
    var total = 0
    for path in ["/", "/app.js", "/app.css"] { total += await client.send(.get, path).body.count }
    #expect((1...60_000).contains(total))
  }

  @Test("A stream sends entries as they happen, until its client disconnects")
  func stream() async throws {
    let feed = FakeFeed()
    try await Self.serving(feed) { url, token in
      let response = try await HTTPClient.shared.execute(
        Self.request("\(url)/api/stream", token),
        timeout: .seconds(30)
      )
      #expect(response.status == .ok)
      #expect(response.headers.first(name: "Content-Type") == "text/event-stream")
      var pieces = response.body.makeAsyncIterator()
      _ = try await pieces.next()
      for number in 1...3 {
        feed.append(1)
        let piece = try #require(try await pieces.next())
        #expect(String(buffer: piece).contains("\"number\":\(number)"))
      }
    }
  }

  @Test("A client that is far behind is reset, and uses no more memory")
  func behind() async throws {
    let feed = FakeFeed()
    try await Self.serving(feed) { url, token in
      let response = try await HTTPClient.shared.execute(
        Self.request("\(url)/api/stream", token),
        timeout: .seconds(30)
      )
      feed.append(100_000)
      var text = ""
      for try await piece in response.body {
        text += String(buffer: piece)
        if text.contains("event: reset") { break }
      }
      #expect(!text.contains("event: entries") && text.contains("id: 100000"))
    }
  }
}
