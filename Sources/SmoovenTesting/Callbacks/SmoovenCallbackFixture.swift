public import Foundation
internal import HTTPTypes
public import Smooven

/// A callback as Smooven sends it, correctly signed, to pass to a receiver or to POST.
public struct SmoovenCallbackFixture: Sendable {
  /// The event's name, such as `notification.delivered`.
  public var event: String
  /// The notification's id, or `nil` to leave the field out.
  public var notificationID: String?
  /// The channel.
  public var channel: NotificationChannel
  /// The status, which defaults to the last part of the event's name.
  public var status: String
  /// The time at which the event happened.
  ///
  /// It's signed and checked for freshness.
  public var timestamp: Date
  /// The recipient's id.
  public var userID: String
  /// The recipient's address on the channel.
  public var address: String
  /// The metadata that the notification was sent with, which is empty in direct mode.
  public var metadata: [String: JSONValue]
  /// Additional fields, which replace documented fields of the same name.
  public var extraFields: [String: JSONValue]

  /// Creates a callback.
  public init(
    _ event: String,
    notificationID: String?,
    channel: NotificationChannel = .sms,
    status: String? = nil,
    timestamp: Date = Date(),
    userID: String = "sarah@example.com",
    address: String = "+61400000000",
    metadata: [String: JSONValue] = [:],
    extraFields: [String: JSONValue] = [:]
  ) {
    self.event = event
    self.notificationID = notificationID
    self.channel = channel
    self.status = status ?? String(event.split(separator: ".").last ?? "")
    self.timestamp = timestamp
    self.userID = userID
    self.address = address
    self.metadata = metadata
    self.extraFields = extraFields
  }

  /// The bytes of the body.
  public var body: [UInt8] {
    var fields: [String: JSONValue] = [
      "event": .string(event), "channel_used": .string(channel.rawValue), "status": .string(status),
      "timestamp": .string(RFC3339.format(timestamp)),
      "recipient": ["user_id": .string(userID), "channel_address": .string(address)],
    ]
    if let notificationID { fields["notification_id"] = .string(notificationID) }
    if !metadata.isEmpty { fields["metadata"] = .object(metadata) }
    fields.merge(extraFields) { _, extra in extra }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Encoding can only fail for a number that isn't finite, and a fixture with one isn't a callback.
    return (try? encoder.encode(JSONValue.object(fields))).map(Array.init) ?? []
  }

  /// Returns the signed request.
  ///
  /// - Parameters:
  ///   - url: The URL to send it to, such as the `callback_url` of a recorded request. Only its path is used.
  ///   - secret: The Secret Key to sign with.
  /// - Returns: The request.
  public func request(to url: String = "/callbacks/smooven", secret: Secret) -> CallbackRequest {
    Self.request(to: url, body: body, secret: secret)
  }

  /// Returns a signed request with any bytes as its body.
  public static func request(to url: String, body: [UInt8], secret: Secret) -> CallbackRequest {
    let path = url.range(of: "/callbacks/").map { String(url[$0.lowerBound...]) } ?? url
    var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: path)
    head.headerFields[.contentType] = "application/json"
    head.headerFields.append(SmoovenCallbackProvider.signatureField(for: body, secret: secret))
    return CallbackRequest(head: head, body: body)
  }
}
