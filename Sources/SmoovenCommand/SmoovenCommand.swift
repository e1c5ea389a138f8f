internal import ArgumentParser

/// The `smooven` command.
@main
struct SmoovenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "smooven",
    abstract: "Send a notification and know whether it arrived.",
    discussion: """
      Exit codes: 0 delivered, accepted, answered or verified; 1 error; 3 failed; 4 timed out or not confirmed; \
      5 not verified; 64 usage.
      """,
    subcommands: [
      SendCommand.self, AskCommand.self, EscalateCommand.self, ListenCommand.self, SandboxCommand.self,
      ExplainCommand.self, VerifyCommand.self, SignCommand.self, TriggerCommand.self, MCPCommand.self,
    ]
  )
}
