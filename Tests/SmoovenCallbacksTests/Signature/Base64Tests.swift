import Foundation
import Testing

@testable import SmoovenCallbacks

@Suite("Base64: the same bytes as Foundation's")
struct Base64Tests {
  @Test(
    "Random digits of every length, with and without their padding and with a wrong byte",
    arguments: [1, 2, 3, 4]
  )
  func agrees(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let wrong = (UInt8.min...UInt8.max).filter { $0 != UInt8(ascii: "=") }
    for length in 0..<200 {
      var text = (0..<length).map { _ in random.pick(digits) }
      for _ in 0..<(4 - length % 4) % 4 {
        #expect(decode(text) == foundation(text))
        text.append(UInt8(ascii: "="))
      }
      #expect(decode(text) == foundation(text))
      guard length > 0 else { continue }
      text[random.below(length)] = random.pick(wrong)
      text.removeLast(random.below(2))
      #expect(decode(text) == foundation(text))
    }
  }

  @Test("Of all bytes, 64 are digits", arguments: UInt8.min...UInt8.max)
  func digits(_ byte: UInt8) {
    #expect(decode([0x41, 0x41, 0x41, byte]) == foundation([0x41, 0x41, 0x41, byte]))
  }

  @Test(
    "Bits after the last byte and surplus padding are ignored",
    arguments: ["AAE=", "AAF=", "AAG=====", "AAH=="]
  )
  func surplus(_ text: String) {
    #expect(decode(Array(text.utf8)) == [0, 1])
  }

  @Test(
    "What isn't base64",
    arguments: [
      "A", "A===", "A=AA", "=AAA", "AA", "AA=", "AA=A", "AA==AA==", "AA \n", "AAAA\n", "A-_A", "AAA",
    ]
  )
  func refused(_ text: String) {
    #expect(decode(Array(text.utf8)) == nil)
  }

  private func decode(_ text: [UInt8]) -> [UInt8]? {
    // A part of an array, as in a header.
    Base64.decode((Array("v1,".utf8) + text).dropFirst(3))
  }

  private func foundation(_ text: [UInt8]) -> [UInt8]? {
    Data(base64Encoded: Data(text)).map(Array.init)
  }
}
