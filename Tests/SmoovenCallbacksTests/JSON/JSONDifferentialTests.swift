import Foundation
import SmoovenCallbacks
import Testing

/// The parser compared with Foundation's, which was written independently.
///
/// If both accept a document, the values agree. The deliberate differences:
/// - `1`, `1.0` and `1e0` are one number to `JSONSerialization`. Here, the first one is an integer.
/// - `-0` is the integer 0 here. Foundation may return a negative zero, which compares equal.
/// - A lone surrogate in an escape becomes U+FFFD here. Foundation refuses it.
/// - A number out of the range of `Double` is a string here. Foundation may refuse it or return a lossy value.
/// - If a key is repeated, the last value counts here, as in Node and Python. `JSONDecoder` returns the first.
/// - A byte order mark, UTF-16 and UTF-32 are refused here. Foundation detects and reads them.
/// - 129 levels are refused here. Foundation accepts up to 512.
@Suite("JSON: agreement with Foundation", .timeLimit(.minutes(5)))
struct JSONDifferentialTests {
  static let seeds: [UInt64] = [1, 2, 3, 4]

  /// Keys are sorted, so that a seed gives the same bytes in every process.
  private func encode(_ value: some Encodable, _ style: JSONEncoder.OutputFormatting = []) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = style.union(.sortedKeys)
    return Array(try encoder.encode(value))
  }

  @Test("Random documents that Foundation wrote are read back unchanged", arguments: seeds)
  func foundationWrites(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let styles: [JSONEncoder.OutputFormatting] = [
      [], .prettyPrinted, .withoutEscapingSlashes, [.prettyPrinted, .withoutEscapingSlashes],
    ]
    for _ in 0..<500 {
      let sample = random.json(depth: 5)
      let bytes = try encode(sample, random.pick(styles))
      #expect(try JSONValue(parsing: bytes).isSameJSON(as: sample.value))
    }
  }

  @Test("Random values that we write are read back unchanged by both", arguments: seeds)
  func weWrite(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed &+ 100)
    for _ in 0..<500 {
      let sample = random.json(depth: 5)
      let bytes = try encode(sample.value)
      let theirs = try JSONDecoder().decode(JSONSample.self, from: Data(bytes))
      #expect(theirs.value.isSameJSON(as: sample.value))
      #expect(try JSONValue(parsing: bytes).isSameJSON(as: sample.value))
    }
  }

  @Test("Mutated documents: if we accept one, Foundation reads it the same way", arguments: seeds)
  func mutations(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed &+ 200)
    var accepted = 0
    for _ in 0..<2_000 {
      var bytes = try encode(random.json(depth: 4))
      for _ in 0...random.below(3) { random.mutate(&bytes) }
      guard let ours = try? JSONValue(parsing: bytes) else { continue }
      accepted += 1
      let theirs: JSONSample
      do {
        theirs = try JSONDecoder().decode(JSONSample.self, from: Data(bytes))
      } catch {
        // A lone surrogate in an escape, or a number out of the range of `Double`.
        #expect(
          bytes.contains(UInt8(ascii: "\\")) && "\(ours)".contains("\u{FFFD}") || Self.hasHugeNumber(bytes),
          "only we accept \(String(decoding: bytes, as: UTF8.self))"
        )
        continue
      }
      #expect(
        ours.isSameJSON(as: theirs.value) || Self.repeatsKey(bytes, ours) || Self.hasHugeNumber(bytes),
        "we differ over \(String(decoding: bytes, as: UTF8.self)): \(ours) and \(theirs)"
      )
    }
    #expect(accepted > 100)
  }

  @Test("Mutated documents: if Foundation accepts one and we don't, that is on purpose", arguments: seeds)
  func refusals(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed &+ 300)
    for _ in 0..<2_000 {
      var bytes = try encode(random.json(depth: 4))
      random.mutate(&bytes)
      guard (try? JSONValue(parsing: bytes)) == nil else { continue }
      let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      #expect(
        theirs == nil || bytes.starts(with: [0xEF, 0xBB, 0xBF]),
        "only Foundation accepts \(bytes)"
      )
    }
  }

  /// Returns whether the text has more members than the value that was read from it.
  private static func repeatsKey(_ bytes: [UInt8], _ value: JSONValue) -> Bool {
    var colons = 0
    var isInString = false
    var isEscaped = false
    for byte in bytes {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = isInString
      case UInt8(ascii: "\""): isInString.toggle()
      case UInt8(ascii: ":") where !isInString: colons += 1
      default: break
      }
    }
    return colons > value.memberCount
  }

  private static func hasHugeNumber(_ bytes: [UInt8]) -> Bool {
    String(decoding: bytes, as: UTF8.self).contains(/[0-9][eE][+]?[0-9]{3,}/)
  }
}
