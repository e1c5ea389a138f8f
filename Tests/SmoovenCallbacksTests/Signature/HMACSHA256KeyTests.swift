import Crypto
import Testing

@testable import SmoovenCallbacks

@Suite("HMAC-SHA256: the same codes as swift-crypto's")
struct HMACSHA256KeyTests {
  @Test("Random keys and messages of every length around a block", arguments: [1, 2, 3, 4])
  func agrees(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for length in 0..<200 {
      let key = (0..<length).map { _ in UInt8(random.below(256)) }
      let message = (0..<random.below(300)).map { _ in UInt8(random.below(256)) }
      let theirs = Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
      let ours = HMACSHA256Key(bytes: key)
      let cut = random.below(message.count + 1)
      #expect(ours.signature(of: [message]) == theirs)
      #expect(ours.signature(of: [Array(message[..<cut]), [], Array(message[cut...])]) == theirs)
      #expect(ours.isAnyValid([[], theirs], for: [message]))
      var wrong = theirs
      wrong[random.below(32)] ^= UInt8(1 << random.below(8))
      for code in [wrong, [], Array(theirs.dropLast()), theirs + [0]] {
        #expect(!ours.isAnyValid([code], for: [message]))
      }
    }
  }
}
