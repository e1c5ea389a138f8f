extension CallbackEvent: Encodable {
  private enum CodingKeys: String, CodingKey {
    case provider, name, kind
    case correlationIDs = "correlation_ids"
    case channel, recipient, failure
    case occurredAt = "occurred_at"
    case payload
  }

  private enum RecipientKeys: String, CodingKey {
    case userID = "user_id"
    case address
  }

  private enum FailureKeys: String, CodingKey {
    case reason, code
  }

  /// Encodes the event as the command line prints it: every key is there, `null` where nothing is known.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(provider, forKey: .provider)
    try container.encode(name, forKey: .name)
    try container.encode(kind.rawValue, forKey: .kind)
    try container.encode(correlationIDs, forKey: .correlationIDs)
    try container.encode(channel?.rawValue, forKey: .channel)
    if let recipient {
      var nested = container.nestedContainer(keyedBy: RecipientKeys.self, forKey: .recipient)
      try nested.encode(recipient.userID, forKey: .userID)
      try nested.encode(recipient.address, forKey: .address)
    } else {
      try container.encodeNil(forKey: .recipient)
    }
    if let failure {
      var nested = container.nestedContainer(keyedBy: FailureKeys.self, forKey: .failure)
      try nested.encode(failure.reason, forKey: .reason)
      try nested.encode(failure.code, forKey: .code)
    } else {
      try container.encodeNil(forKey: .failure)
    }
    try container.encode(occurredAt.map(RFC3339.format), forKey: .occurredAt)
    try container.encode(payload, forKey: .payload)
  }
}
