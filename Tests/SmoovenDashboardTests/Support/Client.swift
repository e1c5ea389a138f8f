import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenDashboard
import SmoovenHTTP

/// A browser's requests to a page at `localhost:4041`.
struct Client: Sendable {
  let dashboard: SmoovenDashboard
  var host: String? = "localhost:4041"
  var token: String?

  init(_ dashboard: SmoovenDashboard) {
    self.dashboard = dashboard.bound(to: HTTPServerAddress(host: "127.0.0.1", port: 4041))
    let path = dashboard.path
    token = path.hasPrefix("/#") ? String(path.dropFirst(2)) : nil
  }

  init(feed: any DashboardFeed, settings: DashboardSettings = DashboardSettings()) {
    self.init(SmoovenDashboard(feed: feed, settings: settings))
  }

  func send(
    _ method: HTTPRequest.Method,
    _ path: String,
    _ fields: HTTPFields = [:],
    body: String = ""
  ) async -> DashboardReply {
    var head = HTTPRequest(method: method, scheme: "http", authority: host, path: path, headerFields: fields)
    if let token { head.headerFields[.authorization] = "Bearer \(token)" }
    if method == .post, head.headerFields[.contentType] == nil {
      head.headerFields[.contentType] = "application/json"
    }
    return await dashboard.respond(to: head, body: Array(body.utf8))
  }

  func get(_ path: String) async throws -> JSONValue {
    try await send(.get, path).json
  }
}

extension DashboardReply {
  var json: JSONValue { get throws { try JSONValue(parsing: body) } }
  var text: String { String(decoding: body, as: UTF8.self) }
  var status: Int { head.status.code }
}
