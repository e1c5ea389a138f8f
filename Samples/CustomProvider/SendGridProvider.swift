import Smooven

/// The event webhook of SendGrid: an array of up to thousands of events in one request.
///
/// The endpoint has a token in its URL, because this sample doesn't check SendGrid's optional signature.
struct SendGridProvider: UnsignedCallbackProvider {
  let name = "sendgrid"

  func decodeBatch(_ request: CallbackRequest) throws(CallbackDecodingError) -> [CallbackEvent]? {
    let payload: JSONValue
    do {
      payload = try JSONValue(parsing: request.body)
    } catch {
      throw CallbackDecodingError(.fieldMalformed, "the body is \(error)", cause: error)
    }
    guard let entries = payload.arrayValue else {
      throw CallbackDecodingError(.fieldMalformed, "the body isn't an array")
    }
    let kinds: [String: CallbackEvent.Kind] = [
      "delivered": .delivered, "open": .opened, "click": .clicked, "bounce": .failed, "dropped": .failed,
      "processed": .queued,
    ]
    var events: [CallbackEvent] = []
    for entry in entries {
      let event = try entry.requiredString("event")
      events.append(
        CallbackEvent(
          provider: name,
          name: event,
          kind: kinds[event] ?? .other,
          // The id of the message comes with a suffix that differs between events.
          correlationIDs: [String(try entry.requiredString("sg_message_id").prefix { $0 != "." })],
          channel: .email,
          failure: kinds[event] == .failed ? .init(reason: entry["reason"]?.stringValue, code: event) : nil,
          deduplicationKey: try entry.requiredString("sg_event_id"),
          payload: entry,
          rawBody: []
        )
      )
    }
    return events
  }

  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    throw CallbackDecodingError(.fieldMissing, "a request of this service is a batch")
  }
}
