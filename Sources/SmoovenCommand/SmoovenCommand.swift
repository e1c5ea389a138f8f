internal import ArgumentParser

/// The `smooven` command.
@main
struct SmoovenCommand: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "smooven",
    abstract: "Send a notification and know whether it arrived.",
    discussion: """
      Exit codes: 0 delivered, accepted, answered or verified; 1 error; 3 failed; 4 timed out or not confirmed; \
      5 not verified; 64 usage.
      Completions for your shell: smooven --generate-completion-script bash, zsh or fish.
      """,
    version: version,
    subcommands: [
      SendCommand.self, AskCommand.self, EscalateCommand.self, ListenCommand.self, SandboxCommand.self,
      VerifyCommand.self, SignCommand.self, TriggerCommand.self, ReplayCommand.self, CaptureCommand.self,
      MCPCommand.self,
    ]
  )

  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let message = UsageErrors.unknownCommand(in: arguments) {
      Terminal.printError(message)
      exit(withError: ExitCode.validationFailure)
    }
    do {
      var command = try await asyncParseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if text.isEmpty { exit(withError: error) }
      // Help and the version are output, and everything else is about a wrong use.
      if code.isSuccess {
        Terminal.print(lines: Array("\(text)\n".utf8))
      } else {
        let message = UsageErrors.redacted(text, arguments: arguments)
        for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
          Terminal.printError(String(line))
        }
      }
      exit(withError: Terminal.outputFailure.map { $0.isReaderGone ? code : ExitCode(1) } ?? code)
    }
  }
}
