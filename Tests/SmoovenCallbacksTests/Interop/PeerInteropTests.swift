import Foundation
import HTTPTypes
import SmoovenCallbacks
import TestSupport
import Testing

@Suite(
  "Signatures agree with third-party libraries",
  .timeLimit(.minutes(10)),
  .needs(.python),
  .needs(.node)
)
struct PeerInteropTests {
  /// Installs the peers before any time is read, because that may take longer than a signature is valid.
  init() throws {
    _ = try PeerEnvironment.callbacks.python
  }

  /// Bodies that are empty, short, long, and from all corners of Unicode.
  ///
  /// They are text, because the libraries accept only text.
  private func messages(for peer: Peer, at time: Date = Date()) -> [Peer.Message] {
    var random = SeededGenerator(seed: 20_260_302)
    let bodies =
      [""] + (0..<300).map { random.text(upTo: $0) } + [String(repeating: "👋🏽 é\u{0}", count: 20_000)]
    return bodies.enumerated().map { index, body in
      Peer.Message(
        secret: secret(for: peer.provider, &random),
        id: "msg_\(index)",
        time: Date(timeIntervalSince1970: time.timeIntervalSince1970.rounded(.down)),
        body: Array(body.utf8)
      )
    }
  }

  private func secret(for provider: SampleProvider, _ random: inout SeededGenerator) -> String {
    if provider == .standardWebhooks {
      return "whsec_" + Data(random.bytes(8 + random.below(100))).base64EncodedString()
    }
    let key = (0..<8 + random.below(120)).map { _ in
      random.pick(["a", "Z", "7", "_", "é", "🔑", " ", "~"])
    }
    return "wh" + key.joined() + "k"
  }

  private func request(_ peer: Peer, _ message: Peer.Message, _ signature: String) -> CallbackRequest {
    peer.provider.request(
      message.body,
      signature: signature,
      time: peer.provider.timestamp(message.time),
      id: message.id
    )
  }

  private func provider(_ peer: Peer, _ message: Peer.Message) throws -> any CallbackProvider {
    try peer.provider.provider([Secret(message.secret)])
  }

  /// Returns messages with the signatures that the library itself creates.
  private func signedByUs(
    _ peer: Peer,
    _ messages: [Peer.Message]
  ) throws -> [(Peer.Message, signature: String)] {
    let header = try #require(HTTPField.Name(peer.provider.signatureHeader))
    return try messages.map { message in
      let signing = try #require(provider(peer, message) as? any SigningCallbackProvider)
      let fields = signing.sign(message.body, id: message.id, at: message.time)
      return (message, signature: try #require(fields[header]))
    }
  }

  @Test("We verify what they sign", arguments: Peer.all)
  func theirsVerifiesHere(_ peer: Peer) throws {
    let messages = messages(for: peer)
    for (message, signature) in zip(messages, try peer.sign(messages)) {
      let refusal = try provider(peer, message)
        .refusal(of: request(peer, message, signature), at: message.time)
      #expect(refusal == nil, "\(message.id)")
    }
  }

  @Test("They verify what we sign", arguments: Peer.all)
  func oursVerifiesThere(_ peer: Peer) throws {
    let messages = messages(for: peer)
    let answers = try peer.verify(signedByUs(peer, messages))
    #expect(answers == Array(repeating: true, count: messages.count))
  }

  @Test("Neither side accepts a changed body, id, secret or code", arguments: Peer.all)
  func changedIsRefusedByBoth(_ peer: Peer) throws {
    var random = SeededGenerator(seed: 7)
    let forgeries = try signedByUs(peer, messages(for: peer)).map { message, signature in
      forgery(of: message, signature, peer, &random)
    }
    #expect(try peer.verify(forgeries) == Array(repeating: false, count: forgeries.count))
    for (message, signature) in forgeries {
      let refusal = try provider(peer, message)
        .refusal(of: request(peer, message, signature), at: message.time)
      #expect(refusal?.code == .noMatch, "\(message.id)")
    }
  }

  @Test("Neither side accepts a time in the distant past", arguments: Peer.all.filter(\.isJudgingTime))
  func staleIsRefusedByBoth(_ peer: Peer) throws {
    let now = Date()
    let stale = try signedByUs(peer, messages(for: peer, at: now.addingTimeInterval(-400)))
    #expect(try peer.verify(stale) == Array(repeating: false, count: stale.count))
    for (message, signature) in stale {
      let refusal = try provider(peer, message).refusal(of: request(peer, message, signature), at: now)
      #expect(refusal?.code == .tooOld)
    }
  }

  @Test("If peers can't be installed, the test fails and says what to do")
  func missingPeersFail() {
    let error = #expect(throws: PeerEnvironment.Failure.self) {
      try PeerEnvironment.callbacks.prepare(with: URL(filePath: "/no/such/interop"))
    }
    #expect(error?.description.contains("run .ci/interop") == true)
  }

  private func forgery(
    of message: Peer.Message,
    _ signature: String,
    _ peer: Peer,
    _ random: inout SeededGenerator
  ) -> (Peer.Message, signature: String) {
    var message = message
    switch random.below(peer.provider == .smartlyQ ? 3 : 4) {
    case 0: message.body.append(UInt8(ascii: " "))
    case 1: message.secret = secret(for: peer.provider, &random)
    case 2:
      // The first character of the code.
      var characters = Array(signature)
      let index = signature.count - (peer.provider == .standardWebhooks ? 44 : 64)
      characters[index] = characters[index] == "0" ? "1" : "0"
      return (message, signature: String(characters))
    default: message.id += "x"
    }
    return (message, signature: signature)
  }
}
