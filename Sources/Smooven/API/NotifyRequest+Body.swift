internal import Crypto
internal import SmoovenCallbacks

import class Foundation.JSONEncoder

extension NotifyRequest {
  private struct Body: Encodable {
    let request: NotifyRequest
    let callbackURL: String?

    enum CodingKeys: String, CodingKey { case callbackURL = "callback_url" }

    func encode(to encoder: any Encoder) throws {
      try request.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeIfPresent(callbackURL, forKey: .callbackURL)
    }
  }

  /// What is sent.
  func body(callbackURL: String?) throws(SmoovenError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(Body(request: self, callbackURL: callbackURL)))
    } catch {
      throw .invalid("context", "it holds a number that JSON cannot write, such as infinity")
    }
  }

  /// What makes two requests the same: all but the callback URL, whose token is fresh each time.
  package func fingerprint() throws(SmoovenError) -> String {
    Hex.encode(SHA256.hash(data: try body(callbackURL: nil)))
  }

  /// Whether Smooven uses several channels at once.
  var isCritical: Bool { urgency == .critical && channel == nil }
}
