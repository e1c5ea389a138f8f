public import HTTPTypes
public import Smooven

import class Foundation.JSONEncoder

/// How ``MockTransport`` answers a request, and which callbacks go with the answer.
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
  /// The callbacks that go with the answer, in their order.
  public var callbacks: [MockCallback]

  /// The notification is accepted.
  ///
  /// - Parameters:
  ///   - id: The id to give it; by default `ntf_mock_1`, `ntf_mock_2` and so on.
  ///   - channel: The channel that was picked.
  ///   - callbacks: What happens to it. Nothing.
  /// - Returns: The answer.
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

  /// Smooven refuses the request.
  ///
  /// - Parameters:
  ///   - status: The HTTP status.
  ///   - code: The error code of the answer.
  ///   - retryAfter: The value of `Retry-After`, in seconds; `nil` for none.
  /// - Returns: The answer.
  public static func refused(status: Int, code: String, retryAfter: Int? = nil) -> MockAnswer {
    let body: JSONValue = [
      "success": false, "error": ["code": .string(code), "message": "refused by the mock"],
    ]
    let fields: HTTPFields = retryAfter.map { [.retryAfter: "\($0)"] } ?? [:]
    return MockAnswer(reply: .json(status: status, body, fields), notificationID: nil, callbacks: [])
  }

  /// Any JSON with any status.
  public static func json(_ body: JSONValue, status: Int = 200) -> MockAnswer {
    MockAnswer(reply: .json(status: status, body, [:]), notificationID: nil, callbacks: [])
  }

  /// Any bytes with any status and header fields.
  public static func bytes(
    _ bytes: [UInt8],
    status: Int = 200,
    headerFields: HTTPFields = [:],
    callbacks: [MockCallback] = []
  ) -> MockAnswer {
    MockAnswer(reply: .bytes(status: status, bytes, headerFields), notificationID: nil, callbacks: callbacks)
  }

  /// An answer that depends on the request.
  public static func choosing(
    _ answer: @escaping @Sendable (MockTransport.Request) -> MockAnswer
  ) -> MockAnswer {
    MockAnswer(reply: .chosen(answer), notificationID: nil, callbacks: [])
  }

  /// No response: the transport throws.
  ///
  /// A `TransportError` with `notSent` says that nothing was sent.
  public static func failure(
    _ error: any Error,
    id: String? = nil,
    callbacks: [MockCallback] = []
  ) -> MockAnswer {
    MockAnswer(reply: .failure(error), notificationID: id, callbacks: callbacks)
  }

  /// No response at all: the transport throws when the timeout of the request has passed.
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
