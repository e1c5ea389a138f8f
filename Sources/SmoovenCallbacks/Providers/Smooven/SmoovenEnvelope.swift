/// The few fields of a callback that decide what becomes of it, found in one pass over the bytes.
///
/// Of a key that is repeated the last value counts, whatever its type, as in the whole JSON.
struct SmoovenEnvelope {
  private(set) var event = JSONMember.absent
  private(set) var notificationID = JSONMember.absent
  private(set) var channel = JSONMember.absent
  private(set) var status = JSONMember.absent
  private(set) var timestamp = JSONMember.absent
  private(set) var reason = JSONMember.absent
  private(set) var hasRecipient = false
  private(set) var userID = JSONMember.absent
  private(set) var address = JSONMember.absent
  private(set) var error = JSONMember.absent
  private(set) var errorMessage = JSONMember.absent
  private(set) var errorCode = JSONMember.absent
  /// Reads the texts of the members.
  private(set) var scanner: JSONScanner

  /// - Throws: ``CallbackDecodingError`` that says where the body stops being a JSON object.
  init(_ body: [UInt8]) throws(CallbackDecodingError) {
    scanner = JSONScanner(body)
    do {
      try read()
    } catch {
      throw CallbackRequest.refusal(of: body, error)
    }
  }

  private mutating func read() throws(JSONParsingError) {
    scanner.skipWhitespace()
    guard scanner.current == UInt8(ascii: "{") else { throw scanner.error("expected an object") }
    try scanner.enter()
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: isFirst) {
      isFirst = false
      if scanner.matches(key, "event") {
        event = try scanner.scanMember()
      } else if scanner.matches(key, "notification_id") {
        notificationID = try scanner.scanMember()
      } else if scanner.matches(key, "channel_used") {
        channel = try scanner.scanMember()
      } else if scanner.matches(key, "status") {
        status = try scanner.scanMember()
      } else if scanner.matches(key, "timestamp") {
        timestamp = try scanner.scanMember()
      } else if scanner.matches(key, "reason") {
        reason = try scanner.scanMember()
      } else if scanner.matches(key, "recipient") {
        try readRecipient()
      } else if scanner.matches(key, "error") {
        try readError()
      } else {
        try scanner.skipValue()
      }
    }
    try scanner.finish()
  }

  private mutating func readRecipient() throws(JSONParsingError) {
    (userID, address) = (.absent, .absent)
    hasRecipient = scanner.current == UInt8(ascii: "{")
    guard hasRecipient else { return try scanner.skipValue() }
    try scanner.enter()
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: isFirst) {
      isFirst = false
      if scanner.matches(key, "user_id") {
        userID = try scanner.scanMember()
      } else if scanner.matches(key, "channel_address") {
        address = try scanner.scanMember()
      } else {
        try scanner.skipValue()
      }
    }
  }

  /// The failure's shape is not documented beyond `status`: a text, or an object with a message and a code.
  private mutating func readError() throws(JSONParsingError) {
    (errorMessage, errorCode) = (.absent, .absent)
    guard scanner.current == UInt8(ascii: "{") else {
      error = try scanner.scanMember()
      return
    }
    error = .other
    try scanner.enter()
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: isFirst) {
      isFirst = false
      if scanner.matches(key, "message") {
        errorMessage = try scanner.scanMember()
      } else if scanner.matches(key, "code") {
        errorCode = try scanner.scanMember()
      } else {
        try scanner.skipValue()
      }
    }
  }
}
