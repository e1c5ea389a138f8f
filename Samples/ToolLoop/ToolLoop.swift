import Smooven
import SmoovenMCP
import SmoovenSandbox

/// A backend that drives a language model, and lets it notify and ask people with tools.
///
/// The model is scripted, so that the sample needs no account. With a real one, only ``ScriptedModel`` differs.
@main struct ToolLoop {
  static func main() async throws {
    try await withSmoovenSandbox { sandbox in
      let configuration = SmoovenConfiguration(
        secretKey: SandboxConfiguration.wellKnownSecretKey,
        baseURL: try await sandbox.baseURL
      )
      try await withSmoovenClient(configuration: configuration) { smooven in
        try await run(ScriptedModel(), with: smooven)
      }
    }
  }

  /// Gives the model the tools, and carries out its calls until it has nothing more to do.
  static func run(_ model: ScriptedModel, with smooven: SmoovenClient) async throws {
    let people = ["answer@example.com", "sarah@example.com", "silent@example.com"]
    var settings = MCPServer.Configuration(recipients: .only(people))
    settings.longestSlice = .seconds(1)
    let server = MCPServer(client: smooven, configuration: settings)
    var turn = model.begin(tools: server.tools)
    while let call = turn.call {
      let result = try await server.call(call.tool, arguments: call.arguments)
      turn = model.go(on: result, after: turn)
    }
  }
}
