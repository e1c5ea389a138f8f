import Foundation
import SmoovenCallbacks
import Testing

@Suite("JSON: values")
struct JSONValueTests {
  static let all: [JSONValue] = [.null, true, 7, 7.5, "text", [1], ["a": 1]]

  @Test("Each accessor returns a value only for its own kind")
  func accessors() {
    #expect(Self.all.map(\.isNull) == [true, false, false, false, false, false, false])
    #expect(Self.all.map(\.boolValue) == [nil, true, nil, nil, nil, nil, nil])
    #expect(Self.all.map(\.integerValue) == [nil, nil, 7, nil, nil, nil, nil])
    #expect(Self.all.map(\.doubleValue) == [nil, nil, 7, 7.5, nil, nil, nil])
    #expect(Self.all.map(\.stringValue) == [nil, nil, nil, nil, "text", nil, nil])
    #expect(Self.all.map(\.arrayValue) == [nil, nil, nil, nil, nil, [1], nil])
    #expect(Self.all.map(\.objectValue) == [nil, nil, nil, nil, nil, nil, ["a": 1]])
    #expect(Self.all.map { $0["a"] } == [nil, nil, nil, nil, nil, nil, 1])
  }

  @Test("A null is a value, and an absent key isn't")
  func nullIsNotAbsent() {
    let value: JSONValue = ["present": .null]
    #expect(value["present"] == .null)
    #expect(value["absent"] == nil)
  }

  @Test("Subscripts chain through anything", arguments: all)
  func chains(_ value: JSONValue) {
    #expect(value["a"]?["b"]?["c"] == nil)
  }

  @Test("A literal that repeats a key keeps the last value instead of trapping")
  func repeatedKeyInLiteral() {
    let value: JSONValue = ["a": 1, "a": 2]
    #expect(value == ["a": 2])
  }

  @Test("Values are encoded as the JSON that they represent")
  func encodes() throws {
    let value: JSONValue = [
      "null": .null, "bool": false, "integer": .integer(.min), "number": 0.5, "string": "é\u{0}\"",
      "array": [1, [:]],
    ]
    let data = try JSONEncoder().encode(value)
    #expect(try JSONValue(parsing: Array(data)) == value)
  }

  @Test("A number that JSON can't represent is an error, not a trap", arguments: [Double.nan, .infinity])
  func notFinite(_ number: Double) {
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(JSONValue.number(number)) }
  }

  @Test("The error prints the reason and the offset, never the input")
  func errorIsSafe() throws {
    let secrets = [
      "[PLANTED]", "{\"a\":PLANTED}", "\"PLANTED", "{\"PLANTED\" 1}", "\"PLANTED\\q\"", "[1] PLANTED",
    ]
    for text in secrets {
      let error = #expect(throws: JSONParsingError.self) { try JSONValue(parsing: Array(text.utf8)) }
      let printed = everyPrintedForm(of: try #require(error))
      #expect(!printed.contains("PLANTED"))
      #expect(printed.contains("at byte \(try #require(error).offset)"))
    }
  }
}
