internal import SmoovenCallbacks

/// The people whom a request is about, and how their addresses are shown.
struct People: Sendable {
  /// All texts stay as they are.
  static let shown = People(isShown: true, texts: [])

  /// Names of members whose value says who a person is.
  private static let keys: Set<String> = [
    "user_id", "userid", "user", "to", "from", "address", "channel_address", "email", "phone", "phone_number",
    "phonenumber", "msisdn", "number", "recipient", "external_id", "externalid", "player_id", "name",
  ]

  /// Whether all texts stay as they are.
  let isShown: Bool
  private let texts: [String]

  private init(isShown: Bool, texts: [String]) {
    self.isShown = isShown
    self.texts = texts
  }

  /// Finds the people of a body.
  init(in body: [UInt8], recipient: CallbackEvent.Recipient?) {
    var texts = Set([recipient?.userID, recipient?.address].compactMap(\.self))
    if let json = try? JSONValue(parsing: body) { Self.collect(json, into: &texts) }
    // The longest first: one may be a part of another.
    self.init(isShown: false, texts: texts.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count })
  }

  private static func collect(_ value: JSONValue, into texts: inout Set<String>) {
    switch value {
    case .array(let elements): for element in elements { collect(element, into: &texts) }
    case .object(let members):
      for (key, member) in members {
        if let text = member.stringValue, keys.contains(key.lowercased()), texts.count < 64 {
          texts.insert(text)
        }
        collect(member, into: &texts)
      }
    default: break
    }
  }

  /// The text with everyone's addresses shortened.
  func shortened(_ text: String) -> String {
    guard !isShown else { return text }
    var text = text
    for person in texts {
      let quoted = JSONValue.string(person).text
      text = text.replacing(quoted, with: JSONValue.string(Self.shorten(person)).text)
      // A short one may be a part of any word.
      if person.count >= 6 { text = text.replacing(person, with: Self.shorten(person)) }
    }
    return Self.shortened(in: text)
  }

  /// An address of which not enough is left to reach anybody.
  static func shorten(_ text: String) -> String {
    text.count > 6 ? "\(text.prefix(2))…\(text.suffix(2))" : "…"
  }

  /// The text with everything shortened that looks like an email address or a phone number.
  static func shortened(in text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(UInt8(ascii: "@")) || bytes.contains(UInt8(ascii: "+")) else { return text }
    var shown: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let end = wordEnd(bytes, from: index)
      guard end > index else {
        shown.append(bytes[index])
        index += 1
        continue
      }
      let word = bytes[index..<end]
      shown += isAddress(word) ? Array(shorten(String(decoding: word, as: UTF8.self)).utf8) : Array(word)
      index = end
    }
    return String(decoding: shown, as: UTF8.self)
  }

  private static func wordEnd(_ bytes: [UInt8], from start: Int) -> Int {
    bytes[start...].firstIndex { !isPart($0) } ?? bytes.count
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...:
      true
    default: "@+._-%".utf8.contains(byte)
    }
  }

  private static func isAddress(_ word: ArraySlice<UInt8>) -> Bool {
    if word.first == UInt8(ascii: "+") {
      let digits = word.dropFirst().prefix { (0x30...0x39).contains($0) }
      if digits.count >= 7 { return true }
    }
    guard let at = word.firstIndex(of: UInt8(ascii: "@")), at > word.startIndex else { return false }
    return word[at...].contains(UInt8(ascii: "."))
  }
}
