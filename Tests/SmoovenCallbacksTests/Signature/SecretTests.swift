import SmoovenCallbacks
import Testing

@Suite("Signature: secrets, keys and hexadecimal text")
struct SecretTests {
  @Test(
    "A secret returns its bytes and its text",
    arguments: ["", "a", "sk_live_4f9b2c7d1e8a", "clé-🔑", "a\u{0}b"]
  )
  func bytes(_ text: String) {
    let secret = Secret(text, label: "l")
    #expect(secret.count == text.utf8.count)
    #expect(secret.withBytes { $0 } == Array(text.utf8))
    #expect(secret.exposedText == text)
    #expect(secret.label == "l")
  }

  @Test("The closure's own error is rethrown")
  func closureThrows() {
    struct Own: Error {}
    #expect(throws: Own.self) { try Secret("12345678").withBytes { _ throws(Own) in throw Own() } }
  }

  static let pairs: [(Secret, Secret, Bool)] = [
    ("same", "same", true), ("same", "samf", false), ("same", "same ", false), ("", "", true),
    ("", "a", false),
    (Secret("same", label: "a"), Secret("same", label: "b"), true),
    // Canonically equivalent texts are different keys.
    (Secret("caf\u{E9}"), Secret("cafe\u{301}"), false),
  ]

  @Test("Secrets are equal if their bytes are", arguments: pairs)
  func equality(_ left: Secret, _ right: Secret, _ expected: Bool) {
    #expect((left == right) == expected)
    #expect(!expected || left.hashValue == right.hashValue)
  }

  @Test("HMAC-SHA256: the test cases of RFC 4231")
  func rfc4231() {
    let cases: [([UInt8], [UInt8], String)] = [
      (
        Array(repeating: 0x0B, count: 20), Array("Hi There".utf8),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        Array(repeating: 0xAA, count: 20), Array(repeating: 0xDD, count: 50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
      ),
      (
        Array(1...25), Array(repeating: 0xCD, count: 50),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
      ),
      (
        Array(repeating: 0xAA, count: 131),
        Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ]
    for (key, message, expected) in cases {
      #expect(Hex.encode(HMACSHA256Key(bytes: key).signature(of: [message])) == expected)
    }
  }

  @Test("A prepared key can be used again, and parts count as one message")
  func preparedKey() {
    let key = HMACSHA256Key(bytes: Array("key".utf8))
    let message = Array("a message in parts".utf8)
    let whole = key.signature(of: [message])
    #expect(key.signature(of: [message]) == whole)
    for cut in 0...message.count {
      #expect(key.signature(of: [Array(message[..<cut]), [], Array(message[cut...])]) == whole)
      #expect(key.isAnyValid([whole], for: [Array(message[..<cut]), Array(message[cut...])]))
    }
    #expect(key.signature(of: []) == key.signature(of: [[]]))
    #expect(!key.isAnyValid([[]], for: [message]))
    #expect(!key.isAnyValid([Array(whole.dropLast())], for: [message]))
    #expect(!key.isAnyValid([whole + [0]], for: [message]))
    #expect(!key.isAnyValid([Array(repeating: 0, count: 32)], for: [message]))
  }

  @Test("Hexadecimal text is read in either case, and written in lower case")
  func hexRoundTrip() {
    let bytes = Array(UInt8.min...UInt8.max)
    let text = Hex.encode(bytes)
    #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.count == 512)
    #expect(Hex.decode(text.utf8) == bytes)
    #expect(Hex.decode(text.uppercased().utf8) == bytes)
    #expect(Hex.encode([]) == "")
    #expect(Hex.decode("".utf8) == [])
  }

  static let notHex = [
    "0", "000", "0g", "g0", " 00", "00 ", "0 0", "0x00", "é", "００", "-1", "+1", "0\u{0}", "0\u{301}0",
  ]

  @Test("Text that isn't pairs of hexadecimal digits is refused", arguments: notHex)
  func notHexadecimal(_ text: String) {
    #expect(Hex.decode(text.utf8) == nil)
  }

  @Test("Of all bytes, 22 are digits, in a text of any kind", arguments: UInt8.min...UInt8.max)
  func digits(_ byte: UInt8) {
    let number = byte < 0x80 ? Character(UnicodeScalar(byte)).hexDigitValue : nil
    #expect(Hex.decode([0x30, byte]) == number.map { [UInt8($0)] })
    // Reversed, so that the bytes aren't contiguous.
    #expect(Hex.decode([byte, 0x30].reversed() as ReversedCollection) == number.map { [UInt8($0)] })
    #expect(Hex.value(of: byte) == number.map { UInt8($0) })
  }
}
