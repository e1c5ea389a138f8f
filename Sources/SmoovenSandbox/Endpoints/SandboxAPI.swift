internal import HTTPTypes
internal import Logging
internal import SmoovenCallbacks
internal import SmoovenHTTP
internal import SmoovenSupport

/// The handler of a sandbox's requests.
struct SandboxAPI: AsyncHTTPServerHandler {
  let configuration: SandboxConfiguration
  let records: Watched<SandboxRecords>
  /// The courier that receives background work.
  let courier: CallbackCourier
  let logger: Logger

  func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    let requestID = Identifier.make("req")
    records.update { $0.requestCount += 1 }
    guard isMeant(request.head) else {
      noteRefusal(of: request.head, status: 403, code: "foreign_host")
      return .response(HTTPServerResponse(status: .forbidden))
    }
    var response: HTTPServerResponse
    do {
      guard let answer = try await answer(request) else { return .closeConnection }
      response = answer
    } catch is CancellationError {
      return .closeConnection
    } catch {
      let known = error as? APIError ?? .internalError
      noteRefusal(of: request.head, status: known.status.code, code: known.code)
      response = self.response(to: error)
    }
    if let name = HTTPField.Name("X-Request-Id") { response.head.headerFields[name] = requestID }
    logger.debug(
      "request handled",
      metadata: [
        "method": "\(request.head.method)", "status": "\(response.head.status.code)",
        "request_id": "\(requestID)",
      ]
    )
    return .response(response)
  }

  /// Returns the response, or `nil` to cut the connection.
  private func answer(_ request: HTTPServerRequest) async throws -> HTTPServerResponse? {
    guard let route = SandboxRoute(path: request.head.path ?? "") else {
      throw APIError.notFound("not_found", "there is nothing at this path")
    }
    guard route.methods.contains(request.head.method) else {
      let allowed = route.methods.map(\.rawValue).joined(separator: ", ")
      throw APIError(
        status: .methodNotAllowed,
        code: "method_not_allowed",
        message: "the method here is \(allowed)",
        headerFields: [.allow: allowed]
      )
    }
    if route.needsKey { try authorize(request.head) }
    switch route {
    case .notify: return try await notify(request.body)
    case .status(let id): return try status(of: id)
    case .registerPlayer: return try registerPlayer(request.body)
    case .importPlayers: return try importPlayers(request.body)
    case .player(let id) where request.head.method == .delete: return try deletePlayer(id)
    case .player(let id): return try player(id)
    case .notifications: return try list("notifications", records.read { $0.notifications }.map(\.json))
    case .attempts: return try list("attempts", records.read { $0.attempts.elements }.map(\.json))
    case .failedDeliveries:
      return try list("failed_deliveries", records.read { $0.failedDeliveries.elements }.map(\.json))
    case .health: return try response(["status": "ok"])
    }
  }

  /// Indicates whether a request is for this machine, if only this machine can reach the sandbox.
  ///
  /// A web page whose name leads to 127.0.0.1 could otherwise read what was sent.
  private func isMeant(_ head: HTTPRequest) -> Bool {
    guard LoopbackHost.isLoopback(host: configuration.host), let authority = head.authority else {
      return true
    }
    return LoopbackHost.isLoopback(authority: authority)
  }

  private func noteRefusal(of head: HTTPRequest, status: Int, code: String) {
    // Nothing that the client chose: a path could hold a recipient's id, and a method anything.
    let isKnown = Self.methods.contains(head.method)
    let activity = SandboxActivity.refused(
      status: status,
      code: code,
      method: isKnown ? head.method.rawValue : "another method",
      path: SandboxRoute(path: head.path ?? "")?.pattern ?? "another path",
      at: configuration.now()
    )
    records.update { $0.note(activity) }
  }

  private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

  private func authorize(_ head: HTTPRequest) throws(APIError) {
    guard let token = head.headerFields.bearerToken, Secret(token) == configuration.secretKey else {
      throw APIError(
        status: .unauthorized,
        code: "unauthorized",
        message: "expected the header Authorization: Bearer with this sandbox's Secret Key",
        headerFields: [.wwwAuthenticate: "Bearer"]
      )
    }
  }

  private func list(_ name: String, _ elements: [JSONValue]) throws -> HTTPServerResponse {
    try response(.object([name: .array(elements)]))
  }

  func response(
    _ body: JSONValue,
    status: HTTPResponse.Status = .ok,
    headerFields: HTTPFields = [:]
  ) throws -> HTTPServerResponse {
    var fields = headerFields
    fields[.contentType] = "application/json"
    return HTTPServerResponse(status: status, headerFields: fields, body: try body.encoded())
  }

  private func response(to error: any Error) -> HTTPServerResponse {
    let known = error as? APIError
    if known == nil { logger.error("request failed", metadata: ["error": "\(error)"]) }
    let error = known ?? .internalError
    let response = try? response(error.body, status: error.status, headerFields: error.headerFields)
    return response ?? HTTPServerResponse(status: error.status)
  }
}

extension APIError {
  static let internalError = APIError(
    status: .internalServerError,
    code: "internal_error",
    message: "something went wrong in the service"
  )
}
