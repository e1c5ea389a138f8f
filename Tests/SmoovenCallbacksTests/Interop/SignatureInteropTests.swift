import Foundation
import SmoovenCallbacks
import TestSupport
import Testing

@Suite(
  "Signatures agree with Node's and Python's own libraries",
  .timeLimit(.minutes(2)),
  .needs(.python),
  .needs(.node)
)
struct SignatureInteropTests {
  struct Message {
    let key: String
    let body: [UInt8]
  }

  struct Question: Encodable {
    let key: String
    let body: Data
    var signature: String?

    init(_ message: Message, signature: String? = nil) {
      self.key = message.key
      self.body = Data(message.body)
      self.signature = signature
    }

    func line() throws -> String {
      String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    }
  }

  /// Bodies of every length around the block size of SHA-256, then random ones, with keys shorter and longer than a
  /// block.
  static let messages: [Message] = {
    var random = SeededGenerator(seed: 20_260_305)
    let lengths = Array(0...130) + (0..<270).map { _ in random.below(3_000) } + [262_144]
    return lengths.map { length in
      let key = (0..<8 + random.below(120)).map { _ in
        random.pick(["a", "Z", "7", "_", "é", "🔑", " ", "~"])
      }
      return Message(key: "sk" + key.joined() + "k", body: random.bytes(length))
    }
  }()

  @Test("We verify what they sign", arguments: [Script.node, Script.python])
  func theirsVerifiesHere(_ script: Script) throws {
    let signatures = try script.run(Self.messages.map { try Question($0).line() })
    try #require(signatures.count == Self.messages.count)
    for (message, signature) in zip(Self.messages, signatures) {
      let provider = try SmoovenCallbackProvider.smooven(Secret(message.key))
      let verification = try provider.verify(
        SmoovenSamples.request(message.body, signatures: [signature]),
        at: Date()
      )
      #expect(verification.secretIndex == 0)
    }
  }

  @Test("They verify what we sign", arguments: [Script.node, Script.python])
  func oursVerifiesThere(_ script: Script) throws {
    let answers = try script.run(
      Self.messages.map { try Question($0, signature: Self.sign($0)).line() }
    )
    #expect(answers == Array(repeating: "true", count: Self.messages.count))
  }

  @Test("Neither side accepts a body with one bit changed", arguments: [Script.node, Script.python])
  func changedBitIsRefusedByBoth(_ script: Script) throws {
    var random = SeededGenerator(seed: 7)
    let forgeries = Self.messages.filter { !$0.body.isEmpty }.map { message in
      var body = message.body
      body[random.below(body.count)] ^= 1 << UInt8(random.below(8))
      return (Message(key: message.key, body: body), signature: Self.sign(message))
    }
    let answers = try script.run(forgeries.map { try Question($0.0, signature: $0.signature).line() })
    #expect(answers == Array(repeating: "false", count: forgeries.count))
    for (message, signature) in forgeries {
      let provider = try SmoovenCallbackProvider.smooven(Secret(message.key))
      let request = SmoovenSamples.request(message.body, signatures: [signature])
      let error = #expect(throws: VerificationError.self) { try provider.verify(request, at: Date()) }
      #expect(error?.code == .noMatch)
    }
  }

  @Test("A missing program fails the test, and the failure names it")
  func missingProgramFails() {
    let script = Script(interpreter: "no-such-interpreter", file: "sign.mjs")
    let error = #expect(throws: Script.Failure.self) { try script.run([]) }
    #expect(error?.description.contains("no-such-interpreter") == true)
  }

  private static func sign(_ message: Message) -> String {
    SmoovenSamples.signature(of: message.body, with: Secret(message.key))
  }
}
