internal import AsyncHTTPClient
internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import SmoovenCallbacks
internal import SmoovenSupport

/// A sender that posts callbacks and records the results.
struct CallbackSender: Sendable {
  let client: HTTPClient
  let configuration: SandboxConfiguration
  let records: Watched<SandboxRecords>
  let logger: Logger

  /// The configuration of a sender's HTTP client.
  static var clientConfiguration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = .seconds(10)
    // The sandbox retries by itself, on its own clock.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    // Shorter than that of common servers, including the 5 seconds of Node, so that no callback meets a closing
    // connection.
    configuration.connectionPool.idleTimeout = .seconds(2)
    return configuration
  }

  /// Posts a callback once.
  ///
  /// - Returns: The attempt, which is also recorded.
  /// - Throws: `CancellationError` only. A missing response is part of the attempt.
  func send(_ callback: OutgoingCallback, number: Int) async throws -> SandboxCallbackAttempt {
    var status: Int?
    var failure: String?
    do {
      status = try await post(callback)
    } catch {
      try Task.checkCancellation()
      failure = "\(error)"
    }
    let attempt = SandboxCallbackAttempt(
      callback,
      number: number,
      status: status,
      error: failure,
      date: configuration.now()
    )
    records.update { $0.note(attempt) }
    logger.debug(
      "callback sent",
      metadata: [
        "event": "\(callback.event)", "notification_id": "\(callback.notificationID ?? "none")",
        "attempt": "\(number)", "result": "\(status.map(String.init) ?? failure ?? "none")",
      ]
    )
    return attempt
  }

  private func post(_ callback: OutgoingCallback) async throws -> Int {
    var request = HTTPClientRequest(url: callback.url)
    request.method = .POST
    request.headers = [
      "Content-Type": "application/json",
      "User-Agent": "Smooven-Webhooks/1.0",
      callback.signature.name.rawName: callback.signature.value,
    ]
    if let authorization = callback.authorization {
      request.headers.add(name: "Authorization", value: authorization)
    }
    request.body = .bytes(ByteBuffer(bytes: callback.body))
    let response = try await client.execute(request, timeout: .seconds(10))
    // The body has no meaning, but reading it keeps the connection usable.
    _ = try? await response.body.collect(upTo: 65_536)
    return Int(response.status.code)
  }
}
