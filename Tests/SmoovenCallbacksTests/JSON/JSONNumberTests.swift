import Foundation
import SmoovenCallbacks
import Testing

@Suite("JSON: numbers")
struct JSONNumberTests {
  static let integers: [(String, Int64)] = [
    ("0", 0), ("-0", 0), ("1", 1), ("-1", -1), ("10", 10), ("1772697615000", 1_772_697_615_000),
    ("9007199254740993", 9_007_199_254_740_993), ("9223372036854775807", .max),
    ("-9223372036854775808", .min),
  ]

  @Test("A number without fraction and exponent that fits 64 bits is an exact integer", arguments: integers)
  func integer(_ text: String, _ expected: Int64) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value == .integer(expected))
    #expect(value.integerValue == expected)
    #expect(value.doubleValue == Double(expected))
  }

  static let numbers: [(String, Double)] = [
    ("0.0", 0), ("-0.0", -0.0), ("0e1", 0), ("0e+1", 0), ("0E-1", 0), ("1.0", 1), ("1e0", 1), ("1E+2", 100),
    ("1e-2", 0.01), ("-1.5e3", -1_500), ("0.1", 0.1), ("123.456e-78", 123.456e-78), ("1e00000000001", 10),
    // Integers of more than 64 bits.
    ("9223372036854775808", 9_223_372_036_854_775_808), ("-9223372036854775809", -9_223_372_036_854_775_808),
    ("18446744073709551615", 18_446_744_073_709_551_616), ("1" + String(repeating: "0", count: 300), 1e300),
    // The edges of Double: greatest, least normal, least subnormal, underflow to zero.
    ("1.7976931348623157e308", .greatestFiniteMagnitude), ("2.2250738585072014e-308", .leastNormalMagnitude),
    ("5e-324", .leastNonzeroMagnitude), ("1e-400", 0), ("-1e-400", 0), ("1e-999999999999999999999", 0),
    ("0e999999999999999999999", 0), ("0.000000000000000000000000000000000000000000000000000000000001", 1e-60),
    // The classics of rounding.
    ("2.2250738585072011e-308", .leastNormalMagnitude.nextDown),
    ("9007199254740993.0", 9_007_199_254_740_992),
    ("0.30000000000000004", 0.30000000000000004),
    ("1.00000000000000011102230246251565404236316680908203125", 1),
  ]

  @Test("Any other number is the nearest Double", arguments: numbers)
  func number(_ text: String, _ expected: Double) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value == .number(expected))
    #expect(value.doubleValue == expected)
    #expect(value.integerValue == nil)
  }

  static let notNumbers = [
    "-", "+", "+1", "--1", "-+1", "- 1", "01", "-01", "00", "-00", "007", "1.", "1.e1", ".1", "-.1", ".",
    "1.2.3",
    "1e", "1e+", "1e-", "1E", "e1", "1e1.0", "1e1e1", "1e++1", "1e+-1", "0x1F", "0b1", "0o7", "1_000",
    "1,000",
    "1 000", "1f", "1d", "1n", "1L", "１", "٣", "1\u{0}", "0.1\u{0}", "NaN", "-NaN", "Infinity", "-Infinity",
    "-inf", "∞", "1/2", "#1", "$1", "1%", "0.", "-0.", "0e", "1.5.", "1e1 .5",
    // The grammar is just as strict outside the range of Double.
    "1e400.", "01e400", "+1e400", "1e400e1", "1e+-400", "-e400",
  ]

  @Test("What isn't a number is refused, alone and as an element", arguments: notNumbers)
  func refused(_ text: String) {
    for document in [text, "{\"a\":\(text)}", "[\(text)"] {
      #expect(throws: JSONParsingError.self) { try JSONValue(parsing: Array(document.utf8)) }
    }
  }

  static let huge = [
    "1e309", "-1e309", "1e400", "1E+400", "-1.5e400", "1.7976931348623159e308", "1e999999999999999999999",
    "1" + String(repeating: "0", count: 400), "-1" + String(repeating: "0", count: 400) + ".5",
  ]

  @Test(
    "A number out of the range of Double is its text, so it's neither infinite nor lost",
    arguments: huge
  )
  func tooLarge(_ text: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value == .string(text))
    #expect(value.doubleValue == nil && value.integerValue == nil)
    let document = try JSONValue(parsing: Array("{\"x\":[\(text) , 1],\"y\":\(text)}".utf8))
    #expect(document == ["x": [.string(text), 1], "y": .string(text)])
    #expect(try JSONValue(parsing: document.bytes) == document)
    #expect(document.isWritable)
    #expect(throws: Never.self) { try JSONEncoder().encode(document) }
  }

  @Test("Many digits cost no more than reading them")
  func manyDigits() throws {
    let digits = String(repeating: "7", count: 250_000)
    #expect(try JSONValue(parsing: Array(digits.utf8)) == .string(digits))
    #expect(try JSONValue(parsing: Array("1e\(digits)".utf8)) == .string("1e\(digits)"))
    #expect(try JSONValue(parsing: Array("0.\(digits)".utf8)) == .number(7.0 / 9))
    #expect(try JSONValue(parsing: Array("1e-\(digits)".utf8)) == .number(0))
    #expect(try JSONValue(parsing: Array("\(digits)e-249999".utf8)) == .number(70.0 / 9))
  }
}
