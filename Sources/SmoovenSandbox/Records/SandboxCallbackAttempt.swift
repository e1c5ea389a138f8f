internal import HTTPTypes
internal import SmoovenCallbacks

public import struct Foundation.Date

/// One POST of a callback by a sandbox, and its result.
public struct SandboxCallbackAttempt: Sendable, Hashable {
  /// The notification's id, or `nil` for events of players.
  public let notificationID: String?
  /// The event's name, such as `notification.delivered`.
  public let event: String
  /// The bytes that were sent.
  public let body: [UInt8]
  /// The number of this attempt for the same callback, from 1.
  public let number: Int
  /// The status of the receiver's response, or `nil` if there was none.
  public let status: Int?
  /// The reason why there was no response, or `nil` if there was one.
  public let error: String?
  /// Whether the signature was wrong on purpose.
  public let isForged: Bool
  /// The time at which the attempt ended.
  public let date: Date

  /// The callback that was sent, to send it again.
  let callback: OutgoingCallback

  init(_ callback: OutgoingCallback, number: Int, status: Int?, error: String?, date: Date) {
    notificationID = callback.notificationID
    event = callback.event
    body = callback.body
    isForged = callback.isForged
    self.callback = callback
    self.number = number
    self.status = status
    self.error = error
    self.date = date
  }

  /// The URL that it was sent to.
  package var url: String { callback.url }

  /// The header fields that were sent, without those of the connection.
  package var fields: [(name: String, value: String)] {
    [("Content-Type", "application/json"), (callback.signature.name.rawName, callback.signature.value)]
  }

  /// Whether the receiver accepted the callback.
  public var isAccepted: Bool { status.map { (200..<300).contains($0) } ?? false }

  var json: JSONValue {
    [
      "notification_id": JSONValue(notificationID), "event": .string(event),
      "attempt": .integer(Int64(number)),
      "status": status.map { .integer(Int64($0)) } ?? .null, "error": JSONValue(error),
      "forged": .bool(isForged), "time": .string(RFC3339.format(date)),
    ]
  }
}
