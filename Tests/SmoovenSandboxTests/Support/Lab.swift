import AsyncHTTPClient
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSandbox
import Testing

/// A running sandbox, a running receiver of its callbacks, and a plain client.
struct Lab: Sendable {
  let sandbox: SmoovenSandbox
  let probe: CallbackProbe
  let baseURL: String
  let callbackURL: String

  struct Answer: Sendable {
    var status: Int
    var headers: HTTPFields
    var json: JSONValue

    var requestID: String? { HTTPField.Name("X-Request-Id").flatMap { headers[$0] } }
    var errorCode: String? { json["error"]?["code"]?.stringValue }
    var errorMessage: String? { json["error"]?["message"]?.stringValue }
    var notificationID: String { json["notification_id"]?.stringValue ?? "" }
  }

  /// Sends a request with the well-known key and a JSON body.
  func send(
    _ method: HTTPRequest.Method,
    _ path: String,
    _ body: JSONValue? = nil,
    key: String? = "Bearer sk_sandbox_0123456789abcdef"
  ) async throws -> Answer {
    try await send(method, path, bytes: body.map { Array("\($0.text)".utf8) }, key: key)
  }

  func send(
    _ method: HTTPRequest.Method,
    _ path: String,
    bytes: [UInt8]?,
    key: String?
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: baseURL + path)
    request.method = HTTPMethod(rawValue: method.rawValue)
    if let key { request.headers.add(name: "Authorization", value: key) }
    if let bytes { request.body = .bytes(ByteBuffer(bytes: bytes)) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    let text = try await response.body.collect(upTo: 1 << 24)
    let json = try JSONValue(parsing: Array(text.readableBytesView))
    var headers = HTTPFields()
    for (name, value) in response.headers {
      if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
    }
    return Answer(status: Int(response.status.code), headers: headers, json: json)
  }

  /// Notifies in intent mode, with callbacks to the probe.
  func notify(
    _ userID: String,
    urgency: String? = nil,
    adding members: [String: JSONValue] = [:]
  ) async throws -> Answer {
    var body: [String: JSONValue] = [
      "intent": "Remind Sarah", "context": ["user_id": .string(userID)], "callback_url": .string(callbackURL),
    ]
    if let urgency { body["urgency"] = .string(urgency) }
    body.merge(members) { _, new in new }
    return try await send(.post, "/v1/agent/notify", .object(body))
  }

  func status(of id: String) async throws -> JSONValue {
    try await send(.get, "/v1/status/\(id)").json
  }
}

extension JSONValue {
  /// JSON text, created without the code under test.
  var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array(let elements): "[\(elements.map(\.text).joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\"\($0.key)\":\($0.value.text)" }.joined(separator: ","))}"
    }
  }
}

extension SandboxConfiguration {
  /// Returns a configuration whose time runs a thousand times as fast, with changes.
  static func fast(_ change: (inout SandboxConfiguration) -> Void = { _ in }) -> SandboxConfiguration {
    var configuration = SandboxConfiguration()
    configuration.timeScale = 0.001
    change(&configuration)
    return configuration
  }
}

/// Runs a test against a sandbox with a receiver of its callbacks.
func withLab(
  probe: CallbackProbe = CallbackProbe(),
  hasDefaultURL: Bool = false,
  configuration: SandboxConfiguration = .fast(),
  _ body: (Lab) async throws -> Void
) async throws {
  try await withProbe(probe) { address in
    var configuration = configuration
    let callbackURL = "http://\(address)\(probe.path)"
    if hasDefaultURL { configuration.defaultCallbackURL = callbackURL }
    try await withSmoovenSandbox(configuration: configuration) { sandbox in
      let baseURL = try await sandbox.baseURL
      try await body(Lab(sandbox: sandbox, probe: probe, baseURL: baseURL, callbackURL: callbackURL))
    }
  }
}

/// Runs the probe's server while a closure runs.
func withProbe(_ probe: CallbackProbe, _ body: (HTTPServerAddress) async throws -> Void) async throws {
  let (addresses, found) = AsyncStream<HTTPServerAddress>.makeStream()
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      defer { found.finish() }
      let server = HTTPServer(
        configuration: HTTPServerConfiguration(),
        handler: probe,
        logger: Logger(label: "probe")
      )
      try await server.run { found.yield($0) }
    }
    let address = try #require(await addresses.first { _ in true })
    try await body(address)
    group.cancelAll()
  }
}
