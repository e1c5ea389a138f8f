import Foundation
import TestSupport
import Testing

/// A third-party implementation of a signature scheme.
struct Peer: Sendable, CustomTestStringConvertible {
  let name: String
  /// The provider whose scheme it implements.
  let provider: SampleProvider
  /// Whether it checks the signed time.
  ///
  /// SmartlyQ's own example for Node doesn't.
  var isJudgingTime = true

  var testDescription: String { name }

  static let all = [
    Peer(name: "stripe", provider: .smartlyQ),
    Peer(name: "standardwebhooks", provider: .standardWebhooks),
    Peer(name: "svix", provider: .standardWebhooks),
    Peer(name: "pingram", provider: .pingram),
    Peer(name: "node", provider: .smartlyQ, isJudgingTime: false),
  ]

  struct Message {
    var secret: String
    var id: String
    var time: Date
    var body: [UInt8]
  }

  private struct Question: Encodable {
    let peer: String
    let secret: String
    let id: String
    let time: Int64
    let body: Data
    let signature: String?
  }

  /// Has it sign.
  func sign(_ messages: [Message]) throws -> [String] {
    try ask(messages.map { ($0, nil) })
  }

  /// Has it verify.
  func verify(_ messages: [(Message, signature: String)]) throws -> [Bool] {
    try ask(messages.map { ($0, $1) })
  }

  private func ask<Answer: Decodable>(_ questions: [(Message, String?)]) throws -> [Answer] {
    let lines = try questions.map { message, signature in
      let question = Question(
        peer: name,
        secret: message.secret,
        id: message.id,
        time: try #require(Int64(provider.timestamp(message.time))),
        body: Data(message.body),
        signature: signature
      )
      return String(decoding: try JSONEncoder().encode(question), as: UTF8.self)
    }
    let answers = try script().run(lines).map { line in
      try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
    }
    try #require(answers.count == questions.count)
    return answers
  }

  private func script() throws -> Script {
    guard name == "node" else {
      return Script(
        interpreter: try PeerEnvironment.callbacks.python.path(percentEncoded: false),
        file: "peers.py"
      )
    }
    return Script(interpreter: "node", file: "smartlyq.mjs")
  }
}
