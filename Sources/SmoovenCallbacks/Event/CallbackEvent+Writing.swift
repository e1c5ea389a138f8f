extension CallbackEvent {
  /// Writes the event as one line of JSON for the command line, with its keys sorted alphabetically.
  ///
  /// The listener prints every event, and an encoder would cost more than the rest of the callback path.
  package func writeLine(to bytes: inout [UInt8]) {
    Self.write(#"{"channel":"#, channel?.rawValue, to: &bytes)
    bytes += #","correlation_ids":["#.utf8
    for (index, id) in correlationIDs.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONValue.write(id, to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
    if let failure {
      Self.write(#","failure":{"code":"#, failure.code, to: &bytes)
      Self.write(#","reason":"#, failure.reason, to: &bytes)
      bytes.append(UInt8(ascii: "}"))
    } else {
      bytes += #","failure":null"#.utf8
    }
    Self.write(#","kind":"#, kind.rawValue, to: &bytes)
    Self.write(#","name":"#, name, to: &bytes)
    Self.write(#","occurred_at":"#, occurredAt.map(RFC3339.format), to: &bytes)
    bytes += #","payload":"#.utf8
    writePayload(to: &bytes)
    Self.write(#","provider":"#, provider, to: &bytes)
    if let recipient {
      Self.write(#","recipient":{"address":"#, recipient.address, to: &bytes)
      Self.write(#","user_id":"#, recipient.userID, to: &bytes)
      bytes += "}}".utf8
    } else {
      bytes += #","recipient":null}"#.utf8
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Writes the body unchanged if it's a single line without escapes, or else the payload.
  private func writePayload(to bytes: inout [UInt8]) {
    if isPayloadTheBody, !JSONValue.needsEscapes(rawBody[...], besides: UInt8(ascii: "\\")) {
      bytes += rawBody
    } else {
      payload.write(to: &bytes)
    }
  }

  private static func write(_ key: String, _ value: String?, to bytes: inout [UInt8]) {
    bytes += key.utf8
    if let value { JSONValue.write(value, to: &bytes) } else { bytes += "null".utf8 }
  }
}
