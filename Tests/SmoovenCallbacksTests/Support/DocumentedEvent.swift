import Foundation
import SmoovenCallbacks
import Testing

/// A documented payload of a provider, and the event that it must become.
struct DocumentedEvent: Sendable, CustomTestStringConvertible {
  let provider: SampleProvider
  let body: String
  let name: String
  let kind: CallbackEvent.Kind
  var ids: [String] = []
  var conversationIDs: [String] = []
  var channel: NotificationChannel?
  var recipient: CallbackEvent.Recipient?
  var failure: CallbackEvent.Failure?
  var time: String?

  var testDescription: String { "\(provider.rawValue) \(name)" }

  static let all = notificationAPI + pingram + smartlyQ + smobi + standardWebhooks

  /// Returns the fields at the top level of the payload.
  func members() throws -> [String: JSONValue] {
    try #require(JSONValue(parsing: Array(body.utf8)).objectValue)
  }
}
