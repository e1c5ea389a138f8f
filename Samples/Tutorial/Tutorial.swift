/// The steps of the tutorial "Build an agent that asks".
///
/// `swift run Tutorial 1` runs the first step, and `Samples/Tutorial/run` all of them, with the kills.
@main struct Tutorial {
  static func main() async throws {
    switch CommandLine.arguments.dropFirst().first {
    case "1": try await notifySarah()
    case "2": try await askSarah()
    #if SQLiteSupport
    case "3": try await deployDurably(build: 512)
    #endif
    #if PostgresSupport
    case "4": try await runReplica(port: CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 8080)
    #endif
    default: print("Run Samples/Tutorial/run, or one step: swift run Tutorial 1")
    }
  }
}
