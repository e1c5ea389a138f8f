import Smooven
import SmoovenSandbox

/// Runs the agent against a sandbox in the same process, so nothing leaves the machine.
///
/// With the real service, only the configuration differs: its Secret Key, no `baseURL`, and a `publicURL`.
@main struct AgentLoop {
  // The sandbox lets the recipient choose the story: the part before the "@".
  static let people = [
    ReminderAgent.Person(name: "Sarah", userID: "sarah@example.com", email: "sarah@example.com"),
    ReminderAgent.Person(name: "Fred", userID: "fail@example.com", email: "fred@example.com"),
    ReminderAgent.Person(name: "Simon", userID: "silent@example.com", email: "simon@example.com"),
  ]

  static func main() async throws {
    try await withSmoovenSandbox { sandbox in
      let configuration = SmoovenConfiguration(
        secretKey: SandboxConfiguration.wellKnownSecretKey,
        baseURL: try await sandbox.baseURL
      )
      try await withSmoovenClient(configuration: configuration) { smooven in
        let agent = ReminderAgent(smooven: smooven, patience: .seconds(1)) { print("  \($0)") }
        for person in people {
          print(person.name)
          switch try await agent.remind(person, of: "the dentist at 9:30") {
          case .reached(let channel): print("  ✓ reached by \(channel?.rawValue ?? "an unknown channel")")
          case .unreachable: print("  ✗ not reached")
          }
        }
      }
    }
  }
}
