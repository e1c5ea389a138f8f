internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenSupport

/// A callback that is ready to be sent as often as needed, with the same bytes.
struct OutgoingCallback: Sendable, Hashable, SafelyDescribed {
  /// Without user and password.
  let url: String
  /// The value of `Authorization` for the user and the password in the URL, if there are any.
  let authorization: String?
  let notificationID: String?
  let event: String
  let body: [UInt8]
  let signature: HTTPField
  let isForged: Bool

  init(_ payload: JSONValue, to url: String, secret: Secret, isForged: Bool = false) throws {
    (self.url, self.authorization) = URLCredentials.split(url)
    self.notificationID = payload["notification_id"]?.stringValue
    self.event = payload["event"]?.stringValue ?? ""
    self.body = try payload.encoded()
    self.signature = SmoovenCallbackProvider.signatureField(
      for: body,
      secret: isForged ? "sk_sandbox_somebody_else" : secret
    )
    self.isForged = isForged
  }

  /// The event: the URL holds a token.
  var description: String { "OutgoingCallback(\(event.loggable))" }
}
