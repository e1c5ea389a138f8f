import Testing

@testable import SmoovenCallbacks

/// What is skipped is checked as strictly as what is read, so whether a body is JSON doesn't depend on the reader.
@Suite("JSON: skipping is as strict as reading", .timeLimit(.minutes(5)))
struct JSONScannerTests {
  private func skips(_ bytes: [UInt8]) -> JSONParsingError? {
    var scanner = JSONScanner(bytes)
    do {
      scanner.skipWhitespace()
      try scanner.skipValue()
      try scanner.finish()
      return nil
    } catch {
      return error
    }
  }

  private func reads(_ bytes: [UInt8]) -> JSONParsingError? {
    do {
      _ = try JSONValue(parsing: bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test("Every document of the grammar")
  func grammar() {
    for (text, _) in JSONGrammarTests.accepted { #expect(skips(Array(text.utf8)) == nil, "\(text)") }
    for text in JSONGrammarTests.refused {
      let bytes = Array(text.utf8)
      #expect(skips(bytes) != nil && skips(bytes) == reads(bytes), "\(text)")
    }
    for (opening, closing) in JSONGrammarTests.openings {
      for depth in [1, 63, 64, 65, 127, 128, 129, 130, 100_000] {
        let bytes = JSONGrammarTests.nested(depth, opening, closing)
        #expect(skips(bytes) == reads(bytes))
      }
    }
    for bytes in JSONStringTests.invalid { #expect(skips([0x22] + bytes + [0x22]) != nil, "\(bytes)") }
  }

  @Test(
    "Mutated callbacks: the same ones are refused, at the same byte, for the same reason",
    arguments: [1, 2, 3, 4]
  )
  func mutations(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let corpus = FuzzSubject.all.flatMap(\.corpus)
    var accepted = 0
    for _ in 0..<5_000 {
      var bytes = random.pick(corpus)
      for _ in 0..<random.below(4) { random.mutate(&bytes) }
      let expected = reads(bytes)
      accepted += expected == nil ? 1 : 0
      guard skips(bytes) == expected else {
        Issue.record(
          "passed by: \(skips(bytes).debugDescription), read: \(expected.debugDescription), \(bytes)"
        )
        return
      }
    }
    #expect((500..<4_900).contains(accepted))
  }
}
