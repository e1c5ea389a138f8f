import Foundation
import SmoovenCallbacks
import Synchronization
import Testing

/// Every production of RFC 8259, with documents that must be accepted (y), must be refused (n), or may be either (i).
@Suite("JSON: the grammar")
struct JSONGrammarTests {
  static let accepted: [(String, JSONValue)] = [
    // Any value may be a document, with the four kinds of white space around it.
    ("null", .null), ("true", true), ("false", false), ("0", 0), (#""""#, ""), ("[]", []), ("{}", [:]),
    (" \t\n\r[ \t\n\r] \t\n\r", []), (" { } ", [:]), ("\n1\n", 1),
    ("[1,2,3]", [1, 2, 3]), ("[ 1 , 2 ]", [1, 2]), ("[[],[[]],{}]", [[], [[]], [:]]),
    ("[null,true,false,\"\"]", [.null, true, false, ""]),
    (#"{"a":1}"#, ["a": 1]), (#"{ "a" : 1 , "b" : [ ] }"#, ["a": 1, "b": []]),
    (#"{"":0}"#, ["": 0]), (#"{"a":{"a":{"a":null}}}"#, ["a": ["a": ["a": .null]]]),
    // If a key is repeated, the last value counts, however the key is spelled.
    (#"{"a":1,"a":2}"#, ["a": 2]), (#"{"a":1,"\u0061":2}"#, ["a": 2]), (#"{"a":1,"a":null}"#, ["a": .null]),
    (#"{"\u0000":1,"a\u0000b":2}"#, ["\u{0}": 1, "a\u{0}b": 2]),
    (#"{"__proto__":1}"#, ["__proto__": 1]),
  ]

  @Test("y: documents that are JSON", arguments: accepted)
  func accepts(_ text: String, _ expected: JSONValue) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)) == expected)
  }

  static let refused: [String] = [
    // Nothing, characters that aren't JSON's white space, bytes before and after.
    "", " ", "\u{B}1", "\u{C}[]", "1\u{B}", "\u{A0}1", "\u{2028}1", "\u{FEFF}{}", "{}\u{0}", "\u{0}{}",
    "{}{}",
    "[][]", "1 2", "1,", ",1", "{},", "[]]", "{}}", "null null", "\"a\"\"b\"", "{} x", "[1]#", "{}//c",
    "{}/**/",
    "/**/{}", "[1 /* c */]",
    // Arrays.
    "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1:2]", "[\"a\":1]", "[}",
    "[1}",
    "[[]", "[1]]",
    "(1)", "[ ", "[\"a", "[\"a\"", "[\u{0}]", "[*]", "[1,\n1\n,1",
    // Objects.
    "{", "}", #"{"a"#, #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, #"{"a":1,}"#, #"{,"a":1}"#,
    #"{"a":1,,"b":2}"#,
    #"{"a" 1}"#, #"{"a"::1}"#, #"{"a":}"#, #"{:1}"#, #"{"a","b"}"#, #"{"a"}"#, #"{"a":1 "b":2}"#,
    #"{"a":1;"b":2}"#,
    #"{"a"=1}"#, #"{"a":1]"#, "{1:1}", "{null:1}", "{a:1}", "{'a':1}", "{[]:1}", #"{"a":1,"b"}"#, #"{"a":b}"#,
    "{{}}", "{[]}",
    // Literals.
    "nul", "tru", "fals", "nulll", "truee", "NULL", "True", "FALSE", "n", "t", "f", "undefined", "NaN",
    "Infinity",
    "-Infinity", "nan", "inf", "[nul]", "[truе]", "nu\u{0}l", "trUe",
    // Strings.
    "\"", "\"a", "'a'", "`a`", "a", "\"a\nb\"", "\"a\tb\"", "\"a\rb\"", "\"a\u{0}b\"", "\"\u{1F}\"", #""\"#,
    #""\""#, #""\a""#, #""\'""#, #""\0""#, #""\x41""#, #""\U0041""#, #""\ ""#, "\"\\\n\"", "\"\\\u{0}\"",
    #""\é""#, #""\u""#, #""\u0""#, #""\u00""#, #""\u004""#, #""\u004g""#, #""\u 041""#, #""\u+041""#,
    #""\u-041""#, #""\u0x41""#, #""\u{41}""#, #""\u００４１""#, #""\uD800\u""#, #""\uD800\u1"#, #""\uD83D\uDE0"#,
    #""\\\""#,
  ]

  @Test("n: documents that aren't JSON", arguments: refused)
  func refuses(_ text: String) {
    let bytes = Array(text.utf8)
    let error = #expect(throws: JSONParsingError.self) { try JSONValue(parsing: bytes) }
    #expect(error.map { (0...bytes.count).contains($0.offset) } == true)
  }

  static let offsets: [(String, Int)] = [
    ("", 0), ("  ", 2), ("x", 0), ("[1,x]", 3), ("[1 2]", 3), (#"{"a" 1}"#, 5), ("{}}", 2), ("nulp", 3),
    (#"["\q"]"#, 3), (#"["\u00g0"]"#, 6), ("[\"a\u{1}\"]", 3), ("[1e999,]", 7), ("[-]", 2), ("[1.]", 3),
    (#"["\ud83d\uzz"]"#, 10),
    (String(repeating: "[", count: 129), 128),
  ]

  @Test("The offset is that of the first byte that doesn't fit, or of the number", arguments: offsets)
  func offset(_ text: String, _ expected: Int) {
    let error = #expect(throws: JSONParsingError.self) { try JSONValue(parsing: Array(text.utf8)) }
    #expect(error?.offset == expected)
  }

  static func nested(_ depth: Int, _ opening: String, _ closing: String) -> [UInt8] {
    Array((String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)).utf8)
  }

  static let openings = [("[", "]"), (#"{"a":"#, "}"), (#"[{"a":"#, "}]"), (" [ ", " ] ")]

  @Test("i: 128 levels are accepted, and 129 aren't", arguments: openings)
  func depth(_ opening: String, _ closing: String) throws {
    let levels = opening.contains("[{") ? 2 : 1
    #expect(throws: Never.self) { try JSONValue(parsing: Self.nested(128 / levels, opening, closing)) }
    for depth in [128 / levels + 1, 1_000, 100_000] {
      let error = #expect(throws: JSONParsingError.self) {
        try JSONValue(parsing: Self.nested(depth, opening, closing))
      }
      #expect(error?.message == "nested more than 128 levels deep" && error?.code == .tooDeep)
    }
  }

  @Test("i: 100,000 unclosed brackets neither overflow the stack nor take long")
  func openBrackets() {
    for text in ["[", "{", #"{"a":"#, "[[]", "[{", "\"", "[\""] {
      let bytes = Array(String(repeating: text, count: 100_000).utf8)
      #expect(throws: JSONParsingError.self) { try JSONValue(parsing: bytes) }
    }
  }

  @Test("i: the deepest document is read, compared and released on a small stack")
  func smallStack() throws {
    let bytes = Self.nested(128, #"{"a":"#, "}")
    let isRead = Mutex(false)
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      let value = try? JSONValue(parsing: bytes)
      isRead.withLock { $0 = value != nil && value == (try? JSONValue(parsing: bytes)) }
      done.signal()
    }
    thread.stackSize = 256 * 1_024
    thread.start()
    done.wait()
    #expect(isRead.withLock { $0 })
  }

  @Test("The depth is decremented when a level closes")
  func siblings() throws {
    let text = "[" + Array(repeating: "[[{\"a\":[]}]]", count: 1_000).joined(separator: ",") + "]"
    #expect(try JSONValue(parsing: Array(text.utf8)).arrayValue?.count == 1_000)
  }

  @Test("i: one wide document of 256 KiB")
  func wide() throws {
    let keys = (0..<20_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    #expect(try JSONValue(parsing: Array("{\(keys)}".utf8)).objectValue?.count == 20_000)
    let zeros = Array(repeating: "0", count: 131_000).joined(separator: ",")
    #expect(try JSONValue(parsing: Array("[\(zeros)]".utf8)).arrayValue?.count == 131_000)
  }
}
