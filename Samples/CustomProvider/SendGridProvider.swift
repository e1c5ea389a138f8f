import Smooven

/// The event webhook of SendGrid: an array of up to thousands of events in one request.
///
/// The endpoint has a token in its URL, because this sample doesn't check SendGrid's optional signature.
struct SendGridProvider: UnsignedCallbackProvider {
  let name = "sendgrid"

  private static let kinds: [String: CallbackEvent.Kind] = [
    "delivered": .delivered, "open": .opened, "click": .clicked, "bounce": .failed, "dropped": .failed,
    "processed": .queued,
  ]

  func decodeBatch(
    _ request: CallbackRequest
  ) throws(CallbackDecodingError) -> [Result<CallbackEvent, CallbackDecodingError>]? {
    let payload: JSONValue
    do {
      payload = try JSONValue(parsing: request.body)
    } catch {
      throw CallbackDecodingError(.fieldMalformed, "the body is \(error)", cause: error)
    }
    guard let entries = payload.arrayValue else {
      throw CallbackDecodingError(.fieldMalformed, "the body isn't an array")
    }
    return entries.map { entry in
      Result { () throws(CallbackDecodingError) in try event(of: entry) }
    }
  }

  private func event(of entry: JSONValue) throws(CallbackDecodingError) -> CallbackEvent {
    let event = try entry.requiredString("event")
    let kind = Self.kinds[event] ?? .other
    return CallbackEvent(
      provider: name,
      name: event,
      kind: kind,
      // The id of the message comes with a suffix that differs between events.
      correlationIDs: [String(try entry.requiredString("sg_message_id").prefix { $0 != "." })],
      channel: .email,
      failure: kind == .failed ? .init(reason: entry["reason"]?.stringValue, code: event) : nil,
      deduplicationKey: try entry.requiredString("sg_event_id"),
      payload: entry,
      rawBody: []
    )
  }

  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
    throw CallbackDecodingError(.fieldMissing, "a request of this service is a batch")
  }
}
