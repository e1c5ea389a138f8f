import Crypto
import Foundation
import HTTPTypes
import SmoovenCallbacks

/// A callback as a provider documents it, signed if the provider signs.
struct Sample {
  let provider: any CallbackProvider
  let request: CallbackRequest
  let now: Date
  /// The key of the bare HMAC.
  let key = SymmetricKey(data: Data("sk_live_0123456789abcdef".utf8))

  var name: String { provider.name }

  private init(_ provider: any CallbackProvider, _ text: String) throws {
    let (body, now) = (Array(text.utf8), Date())
    let path = "/callbacks/\(provider.name)"
    var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: path)
    if let provider = provider as? any SigningCallbackProvider {
      head.headerFields = provider.sign(body, id: "msg_2mJd9kZ1WcXh", at: now)
    }
    self.provider = provider
    self.request = CallbackRequest(head: head, body: body)
    self.now = now
    _ = try provider.event(from: request, at: now)
  }

  /// Returns the samples, one for each provider.
  static func all() throws -> [Sample] {
    let now = Date().formatted(.iso8601)
    return [
      try Sample(
        .smooven("sk_live_0123456789abcdef"),
        #"{"event":"notification.delivered","notification_id":"ntf_abc123def456","channel_used":"sms","#
          + #""status":"delivered","timestamp":"\#(now)","recipient":{"user_id":"sarah@example.com","#
          + #""channel_address":"+61400000000"},"metadata":{"intent":"Remind Sarah about her appointment","#
          + #""urgency":"normal"}}"#
      ),
      try Sample(
        .notificationAPI(),
        #"{"eventType":"OPEN","trackingId":"abc123","notificationId":"welcome-email","channel":"EMAIL","#
          + #""userId":"user-123"}"#
      ),
      try Sample(
        .pingram("pingram_whsec_0123456789abcdef"),
        #"{"eventType":"EMAIL_DELIVERED","trackingId":"abc123","notificationId":"welcome-email","channel":"EMAIL","#
          + #""userId":"user-123"}"#
      ),
      try Sample(
        .smartlyQ("whsec_0123456789abcdef"),
        #"{"event":"job.completed","timestamp":"\#(now)","data":{"job_id":"job_abc123","type":"article_generation","#
          + #""status":"completed","result":{"title":"Ten ways to greet","word_count":1200}}}"#
      ),
      try Sample(
        .smobi(),
        #"{"smobiMessageId":"123e4567-e89b-12d3-a456-426614174000","clientRef":"client-ref-123","#
          + #""to":"15552223333","from":"Smobi-Dev","status":"DELIVERED","channel":"RCS","timestamp":"\#(now)"}"#
      ),
      try Sample(
        .standardWebhooks("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        #"{"type":"invoice.paid","timestamp":"\#(now)","data":{"id":"inv_8Yq2","amount":4200,"currency":"eur"}}"#
      ),
    ]
  }
}
