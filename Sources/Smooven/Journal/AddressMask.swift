/// Shortens in a text what looks like an email address or a phone number, also of people who aren't known.
enum AddressMask {
  private static let at = UInt8(ascii: "@")
  private static let plus = UInt8(ascii: "+")
  /// The fewest digits of a phone number.
  private static let minimumDigits = 7

  static func masked(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(where: { $0 == at || $0 == plus }) else { return text }
    var shown: [UInt8] = []
    var index = 0
    func shorten(to end: Int) {
      shown += RecipientMask.shorten(String(decoding: bytes[index..<end], as: UTF8.self)).utf8
      index = end
    }
    while index < bytes.count {
      let end = bytes[index...].firstIndex { !isPart($0) } ?? bytes.count
      if isEmail(bytes[index..<end]) { shorten(to: end) }
      while index < end {
        if let end = numberEnd(bytes, from: index) {
          shorten(to: end)
        } else {
          shown.append(bytes[index])
          index += 1
        }
      }
      while index < bytes.count, !isPart(bytes[index]) {
        shown.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: shown, as: UTF8.self)
  }

  private static func isEmail(_ word: ArraySlice<UInt8>) -> Bool { word.dropFirst().dropLast().contains(at) }

  /// The end of the phone number that begins here with a plus sign, if one does.
  private static func numberEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    guard bytes[start] == plus else { return nil }
    var (count, end, index) = (0, start, start + 1)
    while index < bytes.count, isDigit(bytes[index]) || " -.()/".utf8.contains(bytes[index]) {
      if isDigit(bytes[index]) { (count, end) = (count + 1, index + 1) }
      index += 1
    }
    return count >= minimumDigits ? end : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Returns whether a byte may be part of an email address (RFC 5322, `atext`), or is the dot or the at sign.
  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...:
      true
    default: "@.!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }
  }
}
