#if SQLiteSupport
internal import Crypto
internal import SmoovenCallbacks

internal import struct Foundation.Data
internal import struct Foundation.Date

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
    let scope = Data(event.scope.utf8)
    // The length in front keeps "a" + "bc" and "ab" + "c" apart.
    hash.update(data: Data("\(scope.count) ".utf8))
    hash.update(data: scope)
    hash.update(data: Data(event.deduplicationKey.utf8))
    digest = Data(hash.finalize())
    detail = event.detail.text
    let isBody = event.isPayloadTheBody || (try? JSONValue(parsing: event.rawBody)) == event.payload
    payload = isBody ? nil : event.payload.text
    body = Data(event.rawBody)
  }
}

extension CallbackEvent {
  /// All but payload and body.
  ///
  /// A key that is not known is left alone when it is read, so fields may be added.
  fileprivate var detail: JSONValue {
    var members: [String: JSONValue] = [
      "provider": .string(provider), "endpoint": .string(endpoint), "scope": .string(scope),
      "name": .string(name), "kind": .string(kind.rawValue), "key": .string(deduplicationKey),
      "ids": .array(correlationIDs.map(JSONValue.string)),
    ]
    members["channel"] = channel.map { .string($0.rawValue) }
    members["recipient"] = recipient.map {
      .object(["user_id": $0.userID, "address": $0.address].compactMapValues { $0.map(JSONValue.string) })
    }
    members["failure"] = failure.map {
      .object(["reason": $0.reason, "code": $0.code].compactMapValues { $0.map(JSONValue.string) })
    }
    // As `Date` holds it: nothing is lost to rounding.
    members["occurred_at"] = occurredAt.map { .number($0.timeIntervalSinceReferenceDate) }
    if source == .statusQuery { members["source"] = "status_query" }
    return .object(members)
  }

  /// Reads an event, or returns `nil` when it is no such record.
  init?(detail text: String, payload: String?, body: Data) {
    let rawBody = Array(body)
    guard
      let detail = try? JSONValue(parsing: Array(text.utf8)),
      let provider = detail["provider"]?.stringValue, let name = detail["name"]?.stringValue,
      let kind = detail["kind"]?.stringValue, let key = detail["key"]?.stringValue,
      let payload = try? JSONValue(parsing: payload.map { Array($0.utf8) } ?? rawBody)
    else { return nil }
    self.init(
      provider: provider,
      name: name,
      kind: Kind(rawValue: kind),
      correlationIDs: detail["ids"]?.arrayValue?.compactMap(\.stringValue) ?? [],
      channel: detail["channel"]?.stringValue.map(NotificationChannel.init(rawValue:)),
      recipient: detail["recipient"].map {
        Recipient(userID: $0["user_id"]?.stringValue, address: $0["address"]?.stringValue)
      },
      failure: detail["failure"].map {
        Failure(reason: $0["reason"]?.stringValue, code: $0["code"]?.stringValue)
      },
      occurredAt: detail["occurred_at"]?.doubleValue.map(Date.init(timeIntervalSinceReferenceDate:)),
      deduplicationKey: key,
      source: detail["source"]?.stringValue == "status_query" ? .statusQuery : .callback,
      payload: payload,
      rawBody: rawBody
    )
    endpoint = detail["endpoint"]?.stringValue ?? provider
    scope = detail["scope"]?.stringValue ?? provider
  }
}
#endif
