internal import SmoovenSupport

internal import struct Foundation.Data
internal import struct Foundation.Date

extension CallbackEvent {
  /// Everything except the payload and the body, in the form in which a store keeps it.
  ///
  /// Unknown keys are ignored when a record is read, so fields may be added.
  package var record: JSONValue {
    var members: [String: JSONValue] = [
      "provider": .string(provider), "endpoint": .string(endpoint), "group": .string(group),
      "name": .string(name), "kind": .string(kind.rawValue), "key": .string(deduplicationKey),
      "ids": .array(correlationIDs.map(JSONValue.string)),
    ]
    if !conversationIDs.isEmpty { members["conversations"] = .array(conversationIDs.map(JSONValue.string)) }
    members["channel"] = channel.map { .string($0.rawValue) }
    members["recipient"] = recipient.map {
      .object(["user_id": $0.userID, "address": $0.address].compactMapValues { $0.map(JSONValue.string) })
    }
    members["failure"] = failure.map {
      .object(["reason": $0.reason, "code": $0.code].compactMapValues { $0.map(JSONValue.string) })
    }
    members["occurred_at"] = occurredAt.flatMap(Self.seconds)
    members["signed_at"] = signedAt.flatMap(Self.seconds)
    members["window"] = deduplicationWindow.map { .number($0.inSeconds) }
    if source == .statusQuery { members["source"] = "status_query" }
    return .object(members)
  }

  /// Returns the seconds since 2001, which is what `Date` holds, so nothing is lost to rounding.
  ///
  /// JSON has no infinity, so a time that isn't finite is left out.
  private static func seconds(_ date: Date) -> JSONValue? {
    let seconds = date.timeIntervalSinceReferenceDate
    return seconds.isFinite ? .number(seconds) : nil
  }

  /// Returns the window for a stored number of seconds, or `nil` if the number is negative or over 1e9.
  private static func window(_ seconds: Double) -> Duration? {
    (0...1e9).contains(seconds) ? .seconds(seconds) : nil
  }

  /// The payload as a store keeps it, or `nil` if it's the JSON of the body, which it nearly always is.
  package var storedPayload: JSONValue? {
    isPayloadTheBody || (try? JSONValue(parsing: rawBody)) == payload ? nil : payload
  }

  /// Creates an event from its stored parts, or returns `nil` if they aren't an event.
  package init?(record: JSONValue, payload: JSONValue?, body: [UInt8]) {
    guard
      let provider = record["provider"]?.stringValue, let name = record["name"]?.stringValue,
      let kind = record["kind"]?.stringValue, let key = record["key"]?.stringValue,
      payload != nil || JSONScanner.isJSON(body)
    else { return nil }
    let texts = { (key: String) in record[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    let time = { (key: String) in record[key]?.doubleValue.map(Date.init(timeIntervalSinceReferenceDate:)) }
    var fields = Fields(
      provider: provider,
      name: name,
      kind: Kind(rawValue: kind),
      correlationIDs: texts("ids"),
      conversationIDs: texts("conversations"),
      channel: record["channel"]?.stringValue.map(NotificationChannel.init(rawValue:)),
      recipient: record["recipient"].map {
        Recipient(userID: $0["user_id"]?.stringValue, address: $0["address"]?.stringValue)
      },
      failure: record["failure"].map {
        Failure(reason: $0["reason"]?.stringValue, code: $0["code"]?.stringValue)
      },
      occurredAt: time("occurred_at"),
      signedAt: time("signed_at"),
      deduplicationKey: key,
      deduplicationWindow: record["window"]?.doubleValue.flatMap(Self.window),
      source: record["source"]?.stringValue == "status_query" ? .statusQuery : .callback,
      rawBody: body
    )
    fields.endpoint = record["endpoint"]?.stringValue ?? provider
    fields.group = record["group"]?.stringValue ?? fields.endpoint
    self.init(fields, payload: payload)
  }
}

extension CallbackEvent: Codable {
  private enum CodingKeys: String, CodingKey {
    case event, payload, body
  }

  /// Encodes the whole event, so that decoding returns an equal one.
  ///
  /// What JSON can't represent isn't encoded: a time or a number in the payload that isn't finite.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(record, forKey: .event)
    // As text, because encoders write the number 5.0 as the integer 5.
    try container.encodeIfPresent(storedPayload?.text, forKey: .payload)
    try container.encode(Data(rawBody), forKey: .body)
  }

  /// Decodes an event that was encoded by ``encode(to:)``.
  ///
  /// - Throws: `DecodingError` if a part is missing or damaged.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let payload = try container.decodeIfPresent(String.self, forKey: .payload)
    let event = CallbackEvent(
      record: try container.decode(JSONValue.self, forKey: .event),
      payload: try payload.map { text in
        do {
          return try JSONValue(parsing: Array(text.utf8))
        } catch {
          throw DecodingError.dataCorruptedError(
            forKey: .payload,
            in: container,
            debugDescription: "\(error)"
          )
        }
      },
      body: Array(try container.decode(Data.self, forKey: .body))
    )
    guard let event else {
      throw DecodingError.dataCorruptedError(
        forKey: .event,
        in: container,
        debugDescription: "the event has no provider, name, kind, key or payload"
      )
    }
    self = event
  }
}
