import SmoovenSupport
import Testing

@Suite("Searching for a text in a text") struct BytesTests {
  @Test(
    "It's found wherever it is",
    arguments: [
      ("authorization", "authorization", true), ("proxy-authorization", "authorization", true),
      ("x-api-key-id", "api-key", true), ("aab", "ab", true), ("aaab", "aab", true), ("ab", "abc", false),
      ("", "a", false), ("a", "", true), ("", "", true), ("grüße", "ß", true), ("gru\u{308}ße", "ü", false),
    ]
  )
  func contains(text: String, part: String, isFound: Bool) {
    #expect(text.containsBytes(of: part) == isFound)
    #expect(("<" + text + ">").containsBytes(of: part) == isFound)
  }

  @Test("It's found where the standard library finds it")
  func random() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<5_000 {
      let text = String(
        (0..<Int.random(in: 0..<12, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" }
      )
      let part = String(
        (0..<Int.random(in: 1..<5, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" }
      )
      #expect(text.containsBytes(of: part) == text.contains(part), "\(text) \(part)")
    }
  }
}
