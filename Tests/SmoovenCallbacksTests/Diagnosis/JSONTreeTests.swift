import Testing

@testable import SmoovenCallbacks

@Suite("JSON in another style") struct JSONTreeTests {
  private let text = #"{"b": [1.0, true, {}], "a" : "é/<\u00e9\n", "c":[]}"#

  private func written(_ style: JSONStyle) throws -> String {
    let tree = try #require(JSONTree(Array(text.utf8)))
    return String(decoding: tree.written(in: style), as: UTF8.self)
  }

  @Test("Numbers, and kept strings, stay as they are written")
  func kept() throws {
    #expect(try written(JSONStyle()) == #"{"b":[1.0,true,{}],"a":"é/<\u00e9\n","c":[]}"#)
  }

  @Test("Each style is that of a program")
  func styles() throws {
    let python = JSONStyle(strings: .lowerHex, spacing: .afterColonAndComma)
    #expect(try written(python) == #"{"b": [1.0, true, {}], "a": "\u00e9/<\u00e9\n", "c": []}"#)
    let php = JSONStyle(strings: .lowerHexSlashes)
    #expect(try written(php) == #"{"b":[1.0,true,{}],"a":"\u00e9\/<\u00e9\n","c":[]}"#)
    let go = JSONStyle(strings: .go, sortsKeys: true)
    #expect(try written(go) == #"{"a":"é/\u003cé\n","b":[1.0,true,{}],"c":[]}"#)
    let node = JSONStyle(strings: .plain, spacing: .lines(indent: "  ", colon: ": "))
    let expected = """
      {
        "b": [
          1.0,
          true,
          {}
        ],
        "a": "é/<é\\n",
        "c": []
      }
      """
    #expect(try written(node) == expected)
  }

  @Test("Values are replaced in place, and nothing else changes")
  func replaced() throws {
    let text = #"{ "id":"a\"b", "list":[{"id": 12}], "other":"a"  }"#
    let tree = try #require(JSONTree(Array(text.utf8)))
    let bytes = tree.replacing { key, text, isString in key == "id" ? text + (isString ? "\"é" : "3") : nil }
    #expect(
      String(decoding: bytes, as: UTF8.self) == #"{ "id":"a\"b\"é", "list":[{"id": 123}], "other":"a"  }"#
    )
  }

  @Test("What isn't JSON is no tree", arguments: ["", "{", "{} x", "nul", "\"\u{1}\""])
  func refused(text: String) {
    #expect(JSONTree(Array(text.utf8)) == nil)
  }
}
