import Testing

@testable import SmoovenCallbacks

@Suite("JSON in another style") struct JSONTreeTests {
  private let text = #"{"b": [1.0, true, {}], "a" : "é/<\u00e9\n", "c":[]}"#

  private func written(_ style: JSONStyle, sortsKeys: Bool = false) throws -> String {
    let tree = try #require(JSONTree(Array(text.utf8)))
    let written = (sortsKeys ? tree.sortingKeys() : tree).written(in: style)
    return String(decoding: try #require(written), as: UTF8.self)
  }

  @Test("Numbers, and kept strings, stay as they are written")
  func kept() throws {
    #expect(try written(JSONStyle()) == #"{"b":[1.0,true,{}],"a":"é/<\u00e9\n","c":[]}"#)
  }

  @Test("Each style is one that a program writes")
  func styles() throws {
    let python = JSONStyle(strings: .lowerHex, spacing: .afterColonAndComma)
    #expect(try written(python) == #"{"b": [1.0, true, {}], "a": "\u00e9/<\u00e9\n", "c": []}"#)
    let php = JSONStyle(strings: .lowerHexSlashes)
    #expect(try written(php) == #"{"b":[1.0,true,{}],"a":"\u00e9\/<\u00e9\n","c":[]}"#)
    let go = JSONStyle(strings: .go)
    #expect(try written(go, sortsKeys: true) == #"{"a":"é/\u003cé\n","b":[1.0,true,{}],"c":[]}"#)
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
    func isList(_ key: String) -> Bool { key == "list" }
    let bytes = tree.replacing(marking: isList) { part in
      switch part.kind {
      case .key: part.text == "other" && part.key.isEmpty ? "else" : nil
      case .string: part.key == "id" && !part.isMarked ? part.text + "\"é" : nil
      case .literal: part.key == "id" && part.isMarked ? part.text + "3" : nil
      }
    }
    #expect(
      String(decoding: bytes, as: UTF8.self) == #"{ "id":"a\"b\"é", "list":[{"id": 123}], "else":"a"  }"#
    )
  }

  @Test("A style isn't written if its text is longer than the limit")
  func limited() throws {
    let deep = String(repeating: "[", count: 100) + "1" + String(repeating: "]", count: 100)
    let tree = try #require(JSONTree(Array(deep.utf8)))
    let lines = JSONStyle(spacing: .lines(indent: "    ", colon: ": "))
    let length = try #require(tree.written(in: lines)?.count)
    #expect(length > 20_000)
    #expect(tree.written(in: lines, limit: length)?.count == length)
    #expect(tree.written(in: lines, limit: length - 1) == nil)
  }

  @Test("Text that isn't JSON gives no tree", arguments: ["", "{", "{} x", "nul", "\"\u{1}\""])
  func refused(text: String) {
    #expect(JSONTree(Array(text.utf8)) == nil)
  }
}
