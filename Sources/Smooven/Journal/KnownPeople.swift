/// The people whom a request names, to find them in its other texts.
struct KnownPeople: Sendable {
  /// The maximum number of them, because each is searched for in each text.
  private static let maximum = 64

  private var texts: Set<String> = []
  /// The spellings to look for in lower case, the longest first because one may be a part of another.
  private var needles: [[UInt8]] = []
  /// Those that are numbers, such as of phones.
  private var numbers: Set<Double> = []
  /// Whether there are more than can be searched for.
  private(set) var isOverfull = false

  /// Adds a person, by an id, an address or a name.
  mutating func add(_ text: String) {
    guard !text.isEmpty, !texts.contains(text) else { return }
    guard texts.count < Self.maximum else {
      isOverfull = true
      return
    }
    texts.insert(text)
    var spellings: Set<String> = [text]
    let digits = text.filter { $0.isASCII && $0.isNumber }
    if !digits.isEmpty, text.allSatisfy({ $0.isNumber || "+-.()/ ".contains($0) }) {
      if digits.utf8.count >= Self.wordLength { spellings.insert(digits) }
      if let number = Double(digits) { numbers.insert(number) }
    }
    needles += spellings.filter { $0.utf8.count > 1 }.map { $0.utf8.map(Self.lowercased) }
    needles.sort { $0.count > $1.count }
  }

  /// Indicates whether a number is that of one of them, however it's written.
  func isNumber(_ text: String) -> Bool { Double(text).map(numbers.contains) ?? false }

  /// Returns a text in which each of them is shortened.
  func masked(_ text: String) -> String {
    // Also one that is written with other combinations of the same characters.
    if texts.contains(text) { return RecipientMask.shorten(text) }
    return needles.reduce(text, Self.replacing)
  }

  /// A short one may be a part of any word, so it's looked for as a word.
  private static let wordLength = 6

  private static func replacing(in text: String, _ needle: [UInt8]) -> String {
    let bytes = Array(text.utf8)
    guard bytes.count >= needle.count else { return text }
    var (result, index, copied): ([UInt8], Int, Int) = ([], 0, 0)
    while index + needle.count <= bytes.count {
      guard lowercased(bytes[index]) == needle[0], isFound(needle, in: bytes, at: index) else {
        index += 1
        continue
      }
      let person = String(decoding: bytes[index..<index + needle.count], as: UTF8.self)
      result += bytes[copied..<index] + RecipientMask.shorten(person).utf8
      index += needle.count
      copied = index
    }
    return copied == 0 ? text : String(decoding: result + bytes[copied...], as: UTF8.self)
  }

  private static func isFound(_ needle: [UInt8], in bytes: [UInt8], at index: Int) -> Bool {
    let end = index + needle.count
    for offset in needle.indices where lowercased(bytes[index + offset]) != needle[offset] { return false }
    guard needle.count < wordLength else { return true }
    return (index == 0 || !isLetter(bytes[index - 1])) && (end == bytes.count || !isLetter(bytes[end]))
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...:
      true
    default: false
    }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
