import Smooven

/// The webhooks of a parcel service that doesn't sign them.
struct ParcelProvider: UnsignedCallbackProvider {
  let name = "parcel"

  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    let payload = try request.jsonObject()
    let state = try payload.requiredString("state")
    return CallbackEvent(
      provider: name,
      name: "parcel.\(state)",
      kind: state == "handed_over" ? .delivered : .other,
      correlationIDs: [try payload.requiredString("parcel")],
      deduplicationKey: request.bodyDigest,
      payload: payload,
      rawBody: request.body
    )
  }
}
