#if SQLiteSupport
internal import Crypto
internal import SmoovenCallbacks

internal import struct Foundation.Data

/// An event as a row holds it.
struct EventRecord: Sendable {
  /// Names the event among all: a hash of its scope and deduplication key, so that the index stays small whatever
  /// their length.
  let digest: Data
  /// All but payload and body, as JSON.
  let detail: String
  /// The payload as JSON; `nil` when it is that of the body, as it nearly always is.
  let payload: String?
  let body: Data

  init(_ event: CallbackEvent) {
    var hash = SHA256()
    let scope = Data(event.group.utf8)
    // The length in front keeps "a" + "bc" and "ab" + "c" apart.
    hash.update(data: Data("\(scope.count) ".utf8))
    hash.update(data: scope)
    hash.update(data: Data(event.deduplicationKey.utf8))
    digest = Data(hash.finalize())
    detail = event.record.text
    payload = event.storedPayload?.text
    body = Data(event.rawBody)
  }
}

extension CallbackEvent {
  /// Reads an event, or returns `nil` if the row holds none.
  init?(detail text: String, payload: String?, body: Data) {
    guard let record = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
    var parsedPayload: JSONValue?
    if let payload {
      guard let value = try? JSONValue(parsing: Array(payload.utf8)) else { return nil }
      parsedPayload = value
    }
    self.init(record: record, payload: parsedPayload, body: Array(body))
  }
}
#endif
