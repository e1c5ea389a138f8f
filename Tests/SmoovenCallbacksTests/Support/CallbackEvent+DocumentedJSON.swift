import SmoovenCallbacks

extension CallbackEvent {
  /// The JSON that the command line documents for an event, assembled without the code under test.
  var documentedJSON: JSONValue {
    func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    return [
      "provider": .string(provider), "name": .string(name), "kind": .string(kind.rawValue),
      "correlation_ids": .array(correlationIDs.map(JSONValue.string)), "channel": text(channel?.rawValue),
      "recipient": recipient.map { ["user_id": text($0.userID), "address": text($0.address)] } ?? .null,
      "failure": failure.map { ["reason": text($0.reason), "code": text($0.code)] } ?? .null,
      "occurred_at": text(occurredAt.map(RFC3339.format)), "payload": payload,
    ]
  }
}
