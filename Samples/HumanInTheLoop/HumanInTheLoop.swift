import Smooven
import SmoovenSandbox

/// An agent that asks a person before it spends money, and continues with the answer.
///
/// The person answers on a page. The sandbox plays three people: one who chooses an option, one who chooses the other,
/// and one who has only a mail scanner that opens every link.
@main struct HumanInTheLoop {
  static func main() async throws {
    try await withSmoovenSandbox { sandbox in
      let configuration = SmoovenConfiguration(
        secretKey: SandboxConfiguration.wellKnownSecretKey,
        baseURL: try await sandbox.baseURL
      )
      try await withSmoovenClient(configuration: configuration) { smooven in
        print("Pay invoice 14?", try await pay(14, asking: "answer@example.com", smooven))
        print("Pay invoice 15?", try await pay(15, asking: "answer+Not now@example.com", smooven))
        print("Pay invoice 16?", try await pay(16, asking: "scanner@example.com", smooven))
      }
    }
    try await SmobiReplies.run()
  }

  static func pay(_ invoice: Int, asking person: String, _ smooven: SmoovenClient) async throws -> String {
    let outcome = try await smooven.ask(
      Question("Pay invoice \(invoice)?", options: ["Pay", "Not now"]),
      to: .user(person),
      timeout: .seconds(5),
      idempotencyKey: "invoice:\(invoice)"
    )
    switch outcome {
    case .answered(let reply): return reply.option ?? "an answer without an option"
    case .failed(let event): return "not asked: \(event.failure?.reason ?? "no reason given")"
    case .timedOut(let lastKnown, _): return "no answer, the message was \(lastKnown)"
    }
  }
}
