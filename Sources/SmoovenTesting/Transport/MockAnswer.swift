public import HTTPTypes
public import Smooven

internal import class Foundation.JSONEncoder

/// The response of ``MockTransport`` to a request, with the callbacks that it sends.
public struct MockAnswer: Sendable {
  indirect enum Reply: Sendable {
    case json(status: Int, JSONValue, HTTPFields)
    case bytes(status: Int, [UInt8], HTTPFields)
    case failure(any Error)
    case nothing
    case chosen(@Sendable (MockTransport.Request) -> MockAnswer)
  }

  let reply: Reply
  let notificationID: String?
  /// The callbacks to send with the response, in order.
  public var callbacks: [MockCallback]

  /// Returns a response that accepts the notification.
  ///
  /// - Parameters:
  ///   - id: The notification's id. Defaults to `ntf_mock_1`, `ntf_mock_2` and so on.
  ///   - channel: The channel that was chosen. Defaults to SMS.
  ///   - callbacks: The callbacks for the notification. Defaults to none.
  /// - Returns: The response.
  public static func accepted(
    id: String? = nil,
    channel: NotificationChannel = .sms,
    callbacks: [MockCallback] = []
  ) -> MockAnswer {
    let body: JSONValue = [
      "success": true, "notification_id": id.map { .string($0) } ?? .null,
      "channel_used": .string(channel.rawValue), "status": "queued", "timestamp": "2026-03-05T08:00:00Z",
    ]
    return MockAnswer(reply: .json(status: 200, body, [:]), notificationID: id, callbacks: callbacks)
  }

  /// Returns a response that refuses the request.
  ///
  /// - Parameters:
  ///   - status: The HTTP status.
  ///   - code: The error code of the response.
  ///   - retryAfter: The value of `Retry-After` in seconds. Defaults to `nil`, which means no such field.
  /// - Returns: The response.
  public static func refused(status: Int, code: String, retryAfter: Int? = nil) -> MockAnswer {
    let body: JSONValue = [
      "success": false, "error": ["code": .string(code), "message": "refused by the mock"],
    ]
    let fields: HTTPFields = retryAfter.map { [.retryAfter: "\($0)"] } ?? [:]
    return MockAnswer(reply: .json(status: status, body, fields), notificationID: nil, callbacks: [])
  }

  /// Returns a response with any JSON and any status.
  public static func json(_ body: JSONValue, status: Int = 200) -> MockAnswer {
    MockAnswer(reply: .json(status: status, body, [:]), notificationID: nil, callbacks: [])
  }

  /// Returns a response with any bytes, status and header fields.
  public static func bytes(
    _ bytes: [UInt8],
    status: Int = 200,
    headerFields: HTTPFields = [:],
    callbacks: [MockCallback] = []
  ) -> MockAnswer {
    MockAnswer(reply: .bytes(status: status, bytes, headerFields), notificationID: nil, callbacks: callbacks)
  }

  /// Returns a response that depends on the request.
  public static func choosing(
    _ answer: @escaping @Sendable (MockTransport.Request) -> MockAnswer
  ) -> MockAnswer {
    MockAnswer(reply: .chosen(answer), notificationID: nil, callbacks: [])
  }

  /// Returns an entry of the script for which the transport throws an error instead of responding.
  ///
  /// A `TransportError` with `notSent` means that nothing was sent.
  public static func failure(
    _ error: any Error,
    id: String? = nil,
    callbacks: [MockCallback] = []
  ) -> MockAnswer {
    MockAnswer(reply: .failure(error), notificationID: id, callbacks: callbacks)
  }

  /// Returns an entry of the script for which no response arrives: the transport throws after the request's timeout.
  public static func nothing(id: String? = nil, callbacks: [MockCallback] = []) -> MockAnswer {
    MockAnswer(reply: .nothing, notificationID: id, callbacks: callbacks)
  }
}

extension JSONValue {
  func setting(_ key: String, _ value: JSONValue) -> JSONValue {
    guard case .object(var members) = self else { return self }
    members[key] = value
    return .object(members)
  }

  var encoded: [UInt8] {
    (try? JSONEncoder().encode(self)).map(Array.init) ?? []
  }
}
