import ArgumentParser
import Testing

@testable import SmoovenCommand

@Suite("Commands in the documentation") struct CommandTests {
  /// Returns the command lines in blocks and in running text.
  static func commands() throws -> [(place: String, line: String)] {
    try PackageFiles.documents().flatMap { document in
      let text = try PackageFiles.text(document)
      let blocks = CodeBlock.all(in: text, of: document).filter { $0.language != "swift" }
      let whole = blocks.flatMap { block in
        block.lines.joined(separator: "\n").replacing("\\\n", with: " ").split(separator: "\n")
      }
      let inline = text.matches(of: #/`(smooven [^`\n]+)`/#).map(\.output.1)
      return (whole + inline).compactMap { line in
        line.firstRange(of: #/^(swift run )?smooven /#).map { (document, String(line[$0.upperBound...])) }
      }
    }
  }

  @Test("Every command is accepted by the parser")
  func parse() throws {
    let commands = try Self.commands()
    #expect(commands.contains { $0.line.hasPrefix("send ") && $0.place == "README.md" })
    let names = SmoovenCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    // A name on its own is a mention.
    for (place, line) in commands
    where !names.contains(line) && !line.hasPrefix("--generate-completion-script") && Self.isInThisBuild(line)
    {
      #expect(throws: Never.self, "\(place): smooven \(line)") {
        _ = try SmoovenCommand.parseAsRoot(Self.words(line))
      }
    }
  }

  @Test("The README names every command and every exit code")
  func complete() throws {
    let readme = try PackageFiles.text("README.md")
    for command in SmoovenCommand.configuration.subcommands {
      let name = command.configuration.commandName ?? ""
      let isNamed = readme.contains("smooven \(name)")
      #expect(isNamed, "README.md does not mention smooven \(name)")
    }
    for code in SmoovenCommand.configuration.discussion.matches(of: #/\d+/#).map(\.output) {
      let isExplained = readme.contains("| \(code) |")
      #expect(isExplained, "README.md does not explain exit code \(code)")
    }
  }

  /// Returns whether this build has the options of a command, some of which need a trait.
  private static func isInThisBuild(_ line: String) -> Bool {
    #if !PostgresSupport
    if line.contains("postgresql://") { return false }
    #endif
    #if SQLiteSupport
    return true
    #else
    return !line.contains("--store sqlite")
    #endif
  }

  /// Splits a line as a shell does, with double quotes only.
  private static func words(_ line: String) -> [String] {
    line.matches(of: #/"([^"]*)"|(\S+)/#).map { String($0.output.1 ?? $0.output.2 ?? "") }
  }
}
