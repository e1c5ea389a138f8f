/// The few fields of a callback that decide what becomes of it, read in one pass over the bytes.
///
/// Of a key that is repeated the last value counts, whatever its type, as in the whole JSON.
struct SmoovenEnvelope {
  var event = JSONMember.absent
  var notificationID = JSONMember.absent
  var channel = JSONMember.absent
  var status = JSONMember.absent
  var timestamp = JSONMember.absent
  var reason = JSONMember.absent
  var recipient: CallbackEvent.Recipient?
  var error = JSONMember.absent
  var errorMessage = JSONMember.absent
  var errorCode = JSONMember.absent

  /// - Throws: ``CallbackDecodingError`` that says where the body stops being a JSON object.
  init(_ body: [UInt8]) throws(CallbackDecodingError) {
    do {
      try read(body)
    } catch {
      // Said by the parser, which every other reader of the body goes by.
      _ = try CallbackRequest.jsonObject(in: body)
      throw CallbackDecodingError("the body is \(error)")
    }
  }

  private mutating func read(_ body: [UInt8]) throws(JSONParsingError) {
    var scanner = JSONScanner(body)
    scanner.skipWhitespace()
    guard scanner.current == UInt8(ascii: "{") else { throw scanner.error("expected an object") }
    try scanner.enter()
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: isFirst) {
      isFirst = false
      switch scanner.string(key) {
      case "event": event = try scanner.scanMember()
      case "notification_id": notificationID = try scanner.scanMember()
      case "channel_used": channel = try scanner.scanMember()
      case "status": status = try scanner.scanMember()
      case "timestamp": timestamp = try scanner.scanMember()
      case "reason": reason = try scanner.scanMember()
      case "recipient": recipient = try Self.recipient(&scanner)
      case "error": try readError(&scanner)
      default: try scanner.skipValue()
      }
    }
    try scanner.finish()
  }

  private static func recipient(
    _ scanner: inout JSONScanner
  ) throws(JSONParsingError) -> CallbackEvent.Recipient? {
    guard scanner.current == UInt8(ascii: "{") else {
      try scanner.skipValue()
      return nil
    }
    var (userID, address) = (JSONMember.absent, JSONMember.absent)
    try scanner.enter()
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: isFirst) {
      isFirst = false
      switch scanner.string(key) {
      case "user_id": userID = try scanner.scanMember()
      case "channel_address": address = try scanner.scanMember()
      default: try scanner.skipValue()
      }
    }
    return CallbackEvent.Recipient(userID: userID.string, address: address.string)
  }

  /// The failure's shape is not documented beyond `status`: a text, or an object with a message and a code.
  private mutating func readError(_ scanner: inout JSONScanner) throws(JSONParsingError) {
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
      switch scanner.string(key) {
      case "message": errorMessage = try scanner.scanMember()
      case "code": errorCode = try scanner.scanMember()
      default: try scanner.skipValue()
      }
    }
  }
}
