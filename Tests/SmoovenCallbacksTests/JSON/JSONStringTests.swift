import SmoovenCallbacks
import Testing

@Suite("JSON: strings are UTF-8, and nothing else")
struct JSONStringTests {
  private func parse(_ body: [UInt8]) throws(JSONParsingError) -> String? {
    try JSONValue(parsing: [0x22] + body + [0x22]).stringValue
  }

  static let plainTexts = [
    "a", "é", "日本語", "👋🏽", "🏳️‍🌈", "\u{7F}", "\u{80}", "\u{FFFF}", "\u{10FFFF}", "\u{FEFF}", "\u{2028}",
    "e\u{301}",
    "/", "'", "\u{FFFD}", " leading and trailing ", "{[,:]}", "null",
  ]

  @Test("Text that needs no escape is kept scalar by scalar", arguments: plainTexts)
  func plain(_ text: String) throws {
    let parsed = try parse(Array(text.utf8))
    #expect(parsed.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
  }

  static let escapedTexts: [(String, String)] = [
    (#"\""#, "\""), (#"\\"#, "\\"), (#"\/"#, "/"), (#"\b"#, "\u{8}"), (#"\f"#, "\u{C}"), (#"\n"#, "\n"),
    (#"\r"#, "\r"), (#"\t"#, "\t"), (#"\u0041"#, "A"), (#"\u00e9"#, "é"), (#"\u00E9"#, "é"),
    (#"\u0000"#, "\u{0}"),
    (#"\u001f"#, "\u{1F}"), (#"\u2028"#, "\u{2028}"), (#"\uFFFF"#, "\u{FFFF}"), (#"\u0022"#, "\""),
    (#"\u005c"#, "\\"),
    (#"\\u0041"#, #"\u0041"#), (#"\\\""#, #"\""#), (#"a\nb\nc"#, "a\nb\nc"), (#"\ud83d\ude00"#, "😀"),
    (#"\uD83D\uDE00"#, "😀"), (#"\uD800\uDC00"#, "\u{10000}"), (#"\uDBFF\uDFFF"#, "\u{10FFFF}"),
    (#"é\u0301日\u672c"#, "é\u{301}日本"),
  ]

  @Test("Escapes, including surrogate pairs", arguments: escapedTexts)
  func escapes(_ escaped: String, _ expected: String) throws {
    let parsed = try parse(Array(escaped.utf8))
    #expect(parsed.map { Array($0.unicodeScalars) } == Array(expected.unicodeScalars))
  }

  /// Texts of senders that truncate, and cut pairs in two.
  ///
  /// What follows the half is kept.
  static let loneSurrogates: [(String, String)] = [
    (#"\ud83d"#, "\u{FFFD}"), (#"\ude00"#, "\u{FFFD}"), (#"\ud83dx"#, "\u{FFFD}x"),
    (#"x\ude00x"#, "x\u{FFFD}x"),
    (#"\ud83d\n"#, "\u{FFFD}\n"), (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"),
    (#"\ude00\ud83d"#, "\u{FFFD}\u{FFFD}"), (#"\ude00\ude00"#, "\u{FFFD}\u{FFFD}"),
    (#"\ud83d\\ude00"#, "\u{FFFD}\\ude00"), (#"\ud83d\ud83d"#, "\u{FFFD}\u{FFFD}"),
    (#"\ud83d😀"#, "\u{FFFD}😀"),
  ]

  @Test("Half of an escaped pair becomes U+FFFD", arguments: loneSurrogates)
  func loneSurrogate(_ escaped: String, _ expected: String) throws {
    #expect(try parse(Array(escaped.utf8)) == expected)
  }

  static let invalid: [[UInt8]] = [
    // A lone continuation, and a lone lead at the end and before ASCII.
    [0x80], [0xBF], [0xC3], [0xC3, 0x41], [0xE2, 0x82], [0xE2, 0x82, 0x41], [0xF0, 0x9F, 0x98],
    [0xF0, 0x9F, 0x98, 0x41],
    // Too many continuations.
    [0xC3, 0xA9, 0xA9],
    // Overlong forms of '/', NUL, and of two- and three-byte characters.
    [0xC0, 0xAF], [0xC1, 0xBF], [0xC0, 0x80], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF],
    [0xF0, 0x80, 0x80, 0xAF],
    [0xF0, 0x8F, 0xBF, 0xBF],
    // Surrogates, the raw kind, and a pair of them.
    [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
    // Past U+10FFFF, forms of five and six bytes, and bytes that never occur.
    [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
    [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    // Other encodings: Latin-1 é, UTF-16 in either order.
    [0x63, 0xE9], [0xFF, 0xFE, 0x41, 0x00], [0xFE, 0xFF, 0x00, 0x41],
  ]

  @Test("Bytes that aren't UTF-8 are refused, in a value, in a key, next to an escape", arguments: invalid)
  func invalidUTF8(_ bytes: [UInt8]) {
    for (before, after) in [("\"", "\""), ("{\"", "\":1}"), ("[\"\\n", "\"]"), ("\"😀", "é\""), ("", "")] {
      let text = Array(before.utf8) + bytes + Array(after.utf8)
      #expect(throws: JSONParsingError.self) { try JSONValue(parsing: text) }
    }
  }

  @Test("The offset is that of the string's first byte")
  func invalidOffset() {
    let error = #expect(throws: JSONParsingError.self) {
      try JSONValue(parsing: Array("[\"a\\nb".utf8) + [0xFF] + Array("c\"]".utf8))
    }
    #expect(error == nil || error?.offset == 2)
  }

  @Test("Every control character is refused unescaped, and accepted as an escape", arguments: 0..<0x20)
  func controlCharacter(_ code: Int) throws {
    #expect(throws: JSONParsingError.self) { try parse([0x61, UInt8(code), 0x62]) }
    let digits = String(code, radix: 16)
    let escaped = #"a\u"# + String(repeating: "0", count: 4 - digits.count) + digits + "b"
    #expect(try parse(Array(escaped.utf8)) == "a" + String(UnicodeScalar(UInt8(code))) + "b")
  }

  @Test("Every escape letter except nine is refused", arguments: UInt8.min...UInt8.max)
  func escapeLetter(_ byte: UInt8) {
    let known = Array(#""\/bfnrt"#.utf8).contains(byte)
    #expect(((try? JSONValue(parsing: [0x22, 0x5C, byte, 0x22])) != nil) == known)
  }

  @Test("Long strings with an escape at either end")
  func long() throws {
    let filler = String(repeating: "x", count: 262_144)
    #expect(try parse(Array((#"\n"# + filler).utf8)) == "\n" + filler)
    #expect(try parse(Array((filler + #"\n"#).utf8)) == filler + "\n")
    let escapes = String(repeating: #"\ud83d\ude00"#, count: 20_000)
    #expect(try parse(Array(escapes.utf8)) == String(repeating: "😀", count: 20_000))
  }
}
