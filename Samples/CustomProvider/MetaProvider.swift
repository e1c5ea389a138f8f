import Foundation
import HTTPTypes
import Smooven

/// Meta's webhooks, such as those of WhatsApp: `X-Hub-Signature-256` is the HMAC of the body, in hexadecimal.
///
/// Before it signs anything, Meta sends a GET to check that the endpoint knows the verify token that was set up with
/// it. One request may contain several messages.
struct MetaProvider: CallbackProvider {
  let name = "meta"
  private let signature: BodySignature
  private let verifyToken: Secret

  init(secrets: [Secret], verifyToken: Secret) throws {
    let secrets = try SigningSecrets(secrets, provider: name, expectation: "the app's secret")
    signature = BodySignature(header: .hubSignature, secrets: secrets)
    self.verifyToken = verifyToken
  }

  func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    let value = try request.singleHeader(.hubSignature)
    guard value.hasPrefix("sha256=") else {
      throw VerificationError(.headerMalformed, "the signature doesn't begin with sha256=")
    }
    var request = request
    request.head.headerFields[.hubSignature] = String(value.dropFirst(7))
    return try signature.verify(request, at: now)
  }

  func handshake(
    beforeVerifying request: CallbackRequest,
    at now: Date
  ) throws(VerificationError) -> CallbackReply? {
    guard request.head.method == .get, let path = request.head.path else { return nil }
    let items = URLComponents(string: path)?.queryItems ?? []
    let value = { (name: String) in items.first { $0.name == name }?.value ?? "" }
    guard value("hub.mode") == "subscribe" else { return nil }
    // The challenge is only returned to a sender that knows the token.
    guard Secret(value("hub.verify_token")) == verifyToken else {
      throw VerificationError(.noMatch, "hub.verify_token isn't the one of this endpoint")
    }
    return .text(value("hub.challenge"))
  }

  func decodeBatch(
    _ request: CallbackRequest
  ) throws(CallbackDecodingError) -> [Result<CallbackEvent, CallbackDecodingError>]? {
    let payload = try request.jsonObject()
    let changes = (payload["entry"]?.arrayValue ?? []).flatMap { $0["changes"]?.arrayValue ?? [] }
    // Changes of other kinds have no statuses.
    let statuses = changes.flatMap { $0["value"]?["statuses"]?.arrayValue ?? [] }
    return statuses.map { status in
      Result { () throws(CallbackDecodingError) in
        let id = try status.requiredString("id")
        let state = try status.requiredString("status")
        return CallbackEvent(
          provider: name,
          name: "message.\(state)",
          kind: CallbackEvent.Kind(rawValue: state),
          correlationIDs: [id],
          deduplicationKey: "\(id)/\(state)",
          payload: status,
          rawBody: request.body
        )
      }
    }
  }

  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    throw CallbackDecodingError(.fieldMissing, "a request of this service is a batch")
  }
}

extension HTTPField.Name {
  static let hubSignature = HTTPField.Name("X-Hub-Signature-256") ?? .authorization
}
