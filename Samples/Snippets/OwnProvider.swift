import Foundation
import HTTPTypes
import SmoovenCallbacks

/// A shop whose webhooks are signed with a time: `Shop-Signature: t=1772697600,v1=5257a8…`.
struct ShopCallbackProvider: CallbackProvider {
  let name = "shop"
  private let signature: TimestampedSignature

  init(secrets: [Secret]) throws {
    guard let header = HTTPField.Name("Shop-Signature") else { preconditionFailure("not a header name") }
    signature = TimestampedSignature(
      header: header,
      secrets: try SigningSecrets(secrets, provider: "shop", expectation: "the webhook's secret")
    )
  }

  func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    try signature.verify(request, at: now)
  }

  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let payload = try request.jsonObject()
    let type = try payload.requiredString("type")
    return CallbackEvent(
      provider: name,
      name: type,
      kind: type == "parcel.delivered" ? .delivered : .other,
      correlationIDs: [try payload.requiredString("order_id")],
      // The same over redeliveries, another for any other event.
      deduplicationKey: try payload.requiredString("id"),
      payload: payload,
      rawBody: request.body
    )
  }
}
