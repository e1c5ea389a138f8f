import HTTPTypes
import Smooven

/// The webhooks of a parcel service: `X-Parcel-Signature` is the HMAC of the body, in hexadecimal.
struct ParcelProvider: SigningCallbackProvider {
  let name = "parcel"
  let signature: BodySignature

  init(secrets: [Secret]) throws {
    let header = HTTPField.Name("X-Parcel-Signature") ?? .authorization
    let secrets = try SigningSecrets(secrets, provider: name, expectation: "the shop's webhook secret")
    signature = BodySignature(header: header, secrets: secrets)
  }

  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let payload = try request.jsonObject()
    let state = try payload.requiredString("state")
    let kinds: [String: CallbackEvent.Kind] = [
      "handed_over": .delivered, "lost": .failed, "on_its_way": .sent,
    ]
    return CallbackEvent(
      provider: name,
      name: "parcel.\(state)",
      kind: kinds[state] ?? .other,
      correlationIDs: [try payload.requiredString("parcel")],
      deduplicationKey: request.bodyDigest,
      payload: payload,
      rawBody: request.body
    )
  }
}
