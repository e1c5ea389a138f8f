import SmoovenSupport
import Testing

@Suite("Text for a terminal") struct PrintableTests {
  @Test(
    "Text of any script stays",
    arguments: ["Remind Zoë", "日本語のテキスト", "👩‍💻 ❤️", "می‌خواهم", "a\\b \"c\" 'd'", ""]
  )
  func unchanged(text: String) {
    #expect(text.printable == text)
  }

  @Test(
    "Controls and format characters are escaped",
    arguments: [
      ("a\nb", "a\\nb"), ("\u{1B}[2J", "\\u{1B}[2J"), ("\u{9B}2J", "\\u{009B}2J"),
      ("a\u{202E}b", "a\\u{202E}b"),
      ("a\u{2066}b", "a\\u{2066}b"), ("\u{FEFF}x", "\\u{FEFF}x"), ("a\u{2028}b", "a\\u{2028}b"),
      ("\u{7F}", "\\u{7F}"),
      ("a\u{200B}b", "a\\u{200B}b"), ("a\r\nb", "a\\r\\nb"),
    ]
  )
  func escaped(text: String, expected: String) {
    #expect(text.printable == expected)
  }

  @Test(
    "JSON stays equal JSON",
    arguments: [
      (#"{"a":"日本"}"#, #"{"a":"日本"}"#), ("{\"a\":\"\u{202E}x\"}", #"{"a":"\u202ex"}"#),
      ("{\"a\":\"\u{85}\u{7F}\"}", #"{"a":"\u0085\u007f"}"#),
      ("{\"a\":\"\u{E0067}\"}", #"{"a":"\udb40\udc67"}"#),
    ]
  )
  func json(text: String, expected: String) {
    var line = Array(text.utf8)
    line.escapeControlsInJSON()
    #expect(String(decoding: line, as: UTF8.self) == expected)
  }
}
