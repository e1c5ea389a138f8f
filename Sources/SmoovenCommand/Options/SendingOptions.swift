internal import ArgumentParser
internal import Smooven

/// The options of every command that sends: where to, under which name, and how to print what came of it.
struct SendingOptions: ParsableArguments {
  @OptionGroup var service: ServiceOptions

  @Option(
    help: "A name for what is sent, under which it happens once; it needs --store to outlive this process."
  )
  var idempotencyKey: String?

  @Flag(help: "Print the outcome as one JSON object, and nothing else, on standard output.")
  var json = false

  /// Checks the key.
  ///
  /// - Parameter maximumLength: The maximum number of bytes in it.
  /// - Throws: `ValidationError`.
  func checkKey(maximumLength: Int = 200) throws {
    if let idempotencyKey, !(1...maximumLength).contains(idempotencyKey.utf8.count) {
      throw ValidationError("--idempotency-key takes 1 to \(maximumLength) bytes.")
    }
  }

  /// Sends with a client, and ends the command with the exit code that this comes to.
  ///
  /// - Parameters:
  ///   - callTimeout: The maximum time of one call.
  ///   - send: Sends, prints, and returns the exit code.
  /// - Throws: `ExitCode`.
  func run(
    callTimeout: Duration,
    _ send: @escaping @Sendable (SmoovenClient) async throws -> Int32
  ) async throws {
    let code = try await reportingErrors(json: json) {
      try await service.withClient(callTimeout: callTimeout, idempotencyKey: idempotencyKey, send)
    }
    throw ExitCode(code)
  }
}
