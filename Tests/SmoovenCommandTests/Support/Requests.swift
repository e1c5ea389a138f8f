import AsyncHTTPClient
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix
import SmoovenCallbacks
import SmoovenTesting
import TestSupport

/// Plain requests to the servers under test.
enum Requests {
  struct Answer: Sendable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
  }

  /// A client that lives as long as the process.
  ///
  /// A refused connection fails immediately, because the server may have been killed.
  private static let client = HTTPClient(
    eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
    configuration: {
      var configuration = HTTPClient.Configuration()
      configuration.connectionPool.retryConnectionEstablishment = false
      configuration.redirectConfiguration = .disallow
      return configuration
    }()
  )

  static func send(
    _ method: String,
    _ url: String,
    headers: [String: String] = [:],
    body: [UInt8] = [],
    timeoutSeconds: Int64 = 60
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: url)
    request.method = HTTPMethod(rawValue: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
    let response = try await client.execute(request, timeout: .seconds(timeoutSeconds))
    let buffer = try await response.body.collect(upTo: 1 << 24)
    let fields = response.headers.map { ($0.name.lowercased(), $0.value) }
    return Answer(
      status: Int(response.status.code),
      headers: Dictionary(fields, uniquingKeysWith: { "\($0), \($1)" }),
      body: Array(buffer.readableBytesView)
    )
  }

  /// Reads a body until a text appears in it, and leaves the rest.
  static func body(of url: String, headers: [String: String], until text: String) async throws -> String {
    var request = HTTPClientRequest(url: url)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    let response = try await client.execute(request, timeout: .seconds(60))
    var body: [UInt8] = []
    for try await buffer in response.body {
      body += buffer.readableBytesView
      if String(decoding: body, as: UTF8.self).contains(text) { break }
    }
    return String(decoding: body, as: UTF8.self)
  }

  /// Sends a notification to a sandbox, as any program could.
  static func notify(_ url: String, _ request: JSONValue) async throws -> Answer {
    try await send(
      "POST",
      "\(url)/v1/agent/notify",
      headers: ["Authorization": "Bearer sk_sandbox_0123456789abcdef"],
      body: Array(try JSONEncoder().encode(request))
    )
  }

  /// Returns the list that a page of the sandbox shows.
  static func list(_ url: String, _ name: String) async throws -> [JSONValue] {
    let answer = try await send("GET", "\(url)/sandbox/\(name)")
    return try JSONValue(parsing: answer.body)[name]?.arrayValue ?? []
  }

  /// Sends a correctly signed body to a listener, and returns the status of the response.
  static func callBack(_ url: String, body: [UInt8], key: String) async throws -> Int {
    let field = SmoovenCallbackProvider.signatureField(for: body, secret: Secret(key))
    return try await send("POST", url, headers: [field.name.rawName: field.value], body: body).status
  }

  /// Sends a correctly signed event to a listener, and returns the status of the response.
  static func callBack(_ url: String, _ event: SmoovenCallbackFixture, key: String) async throws -> Int {
    try await callBack(url, body: event.body, key: key)
  }

  /// Sends an event to a listener until it's accepted, as a service does.
  ///
  /// If nothing listens there anymore, or something else does, it gives up: the port of a process that has ended is soon
  /// that of another test, which must not get this event.
  ///
  /// - Returns: Whether it was accepted.
  static func deliver(_ event: SmoovenCallbackFixture, to url: String, key: String) async throws -> Bool {
    try await eventually {
      do {
        let status = try await callBack(url, event, key: key)
        return status == 200 ? true : status < 500 ? false : nil
      } catch let error as IOError {
        return error.errnoCode == ECONNREFUSED ? false : nil
      } catch {
        return error is NIOConnectionError || error is CancellationError ? false : nil
      }
    }
  }
}
