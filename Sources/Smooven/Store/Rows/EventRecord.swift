package import SmoovenCallbacks
internal import SmoovenSupport

package import struct Foundation.Data
package import struct Foundation.Date

/// A callback in the form in which rows store it.
package struct EventRecord: Sendable {
  package let callback: StoredCallback
  /// A digest of its endpoint and deduplication key, which identifies the event among all others.
  package let digest: Data
  /// The keys by which the event is found.
  package let keys: Set<Int64>
  /// Everything except the payload and the body, as JSON.
  package let detail: String
  /// The payload as JSON, or `nil` if it's the body's, which it nearly always is.
  package let payload: String?
  package let body: Data
  /// The time for which its deduplication key counts, if that is shorter than usual.
  package let window: Duration?

  package init(_ callback: StoredCallback, window: Duration? = nil) {
    let event = callback.event
    self.callback = callback
    self.window = window
    digest = Self.digest(endpoint: event.endpoint, key: event.deduplicationKey)
    keys = LookupKey.keys(callback)
    detail = event.record.text
    payload = event.storedPayload?.text
    body = Data(event.rawBody)
  }

  package static func digest(endpoint: String, key: String) -> Data { LookupKey.digest(endpoint, key) }

  package var receivedAt: Double { callback.receivedAt.timeIntervalSinceReferenceDate }

  /// The ring that its deduplication key belongs to.
  package var ring: DeduplicationRing {
    let kind: DeduplicationRing.Kind =
      window != nil ? .brief : callback.event.signedAt != nil ? .signed : .arrived
    return DeduplicationRing(endpoint: callback.event.endpoint, kind: kind)
  }

  /// Returns the position of its deduplication key in the ring, if it arrives now.
  package func position(_ now: Double) -> Double {
    if let window { return now + window.inSeconds }
    return callback.event.signedAt?.timeIntervalSinceReferenceDate ?? now
  }
}

extension CallbackEvent {
  /// Reads an event, or returns `nil` if the row doesn't contain one.
  package init?(detail text: String, payload: String?, body: Data) {
    guard let record = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
    var parsedPayload: JSONValue?
    if let payload {
      guard let value = try? JSONValue(parsing: Array(payload.utf8)) else { return nil }
      parsedPayload = value
    }
    self.init(record: record, payload: parsedPayload, body: Array(body))
  }
}
