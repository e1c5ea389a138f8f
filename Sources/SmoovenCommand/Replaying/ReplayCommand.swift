internal import ArgumentParser
internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

/// `smooven replay`: sends captured requests again, and compares the responses.
struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Send captured requests again, and compare the responses.",
    discussion: """
      FILE is a capture of smooven listen --capture. By default the same bytes are sent, which a receiver counts as \
      duplicates, or refuses if they're too old. With --resign --shift-time --as-new they are new events.
      If the URL has no path, each request goes to the path of its capture, and otherwise to the URL.
      Exits with 1 if a response differs.
      """
  )

  @Argument(help: "The capture.", completion: .file())
  var file: String

  @Option(help: "The URL to send them to. It may have a user, a password and a query.")
  var to: String

  @Option(help: "Send only those whose body has this id.")
  var only: String?

  @Option(help: "The speed: max for no pauses, or a factor of the original one, such as 1x.")
  var speed = ReplaySpeed(factor: nil)

  @Flag(help: "Sign again, with the secrets of the environment, --secret or --secret-file.")
  var resign = false

  @Option(help: "A secret to sign with, as [NAME=]VALUE. Prefer <NAME>_WEBHOOK_SECRET.")
  var secret: [SecretArgument] = []

  @Option(help: "A file with a secret to sign with, as [NAME=]PATH.", completion: .file())
  var secretFile: [String] = []

  @Flag(help: "Move all times so that the first request is from now. Needs --resign.")
  var shiftTime = false

  @Flag(help: "Give the events new ids, the same one for the same one. Needs --resign.")
  var asNew = false

  @Option(
    help: "The token at the end of the URL of providers that don't sign. Defaults to SMOOVEN_LISTEN_TOKEN."
  )
  var token: String?

  @Option(
    help: """
      What goes wrong on the way: duplicate, reorder and drop, each with a probability, as in \
      duplicate,reorder:0.5,drop:0.1. Without one, duplicate and reorder happen to all.
      """
  )
  var faults = ReplayFaults()

  @Option(
    help:
      "The seed of the faults: the same seed, the same faults. Defaults to a random one, which is printed."
  )
  var seed: UInt64?

  @Flag(help: "Print each result, and the numbers at the end, as one JSON object a line.")
  var json = false

  func validate() throws {
    _ = try TargetURL(to, option: "--to")
    if shiftTime, !resign { throw ValidationError("--shift-time changes what is signed: add --resign.") }
    if asNew, !resign { throw ValidationError("--as-new changes what is signed: add --resign.") }
    if !resign, !secret.isEmpty || !secretFile.isEmpty {
      throw ValidationError("--secret and --secret-file belong to --resign.")
    }
  }

  func run() async throws {
    try await reportingErrors(json: json) {
      var capture = try Capture(path: file)
      if let message = capture.skipMessage { Terminal.printError(message) }
      if let only { capture.lines.removeAll { !$0.exchange.mentions(only) } }
      guard !capture.lines.isEmpty else {
        throw Capture.Failure(description: "no captured request has the id \((only ?? "").printable)")
      }
      let transport = HTTPClientTransport()
      let replayer = Replayer(
        target: try TargetURL(to, option: "--to"),
        token: token ?? Environment.value("SMOOVEN_LISTEN_TOKEN"),
        edit: try edit(capture),
        transport: transport
      )
      let report = try await closing(transport.shutdown) { try await replay(capture, by: replayer) }
      if json { Terminal.print(json: report) } else { for line in report.lines { Terminal.print(line) } }
      if report.different > 0 { throw ExitCode(1) }
    }
  }

  private func replay(_ capture: Capture, by replayer: Replayer) async throws -> ReplayReport {
    let seed = seed ?? UInt64.random(in: 0...999_999)
    if faults != ReplayFaults() { Terminal.printError("seed \(seed)") }
    let (steps, dropped) = faults.plan(count: capture.lines.count, seed: seed)
    let pace = ReplayPace(capture.lines.map(\.exchange.at), speed)
    var report = ReplayReport()
    (report.dropped, report.skippedLines) = (dropped.count, capture.skipped.count)
    try await pace.carryOut(steps, clock: DeliveryClock(ContinuousClock())) { step in
      let result = try await replayer.send(capture.lines[step.index], isDuplicate: step.isDuplicate)
      report.add(result)
      if json {
        Terminal.print(json: result)
      } else if !result.isSame {
        Terminal.print(result.text)
      }
    }
    return report
  }

  private func edit(_ capture: Capture) throws -> ReplayEdit {
    var edit = ReplayEdit()
    guard resign else { return edit }
    let providers = Set(capture.lines.compactMap(\.exchange.knownProvider)).filter(\.isSigned)
    // Read once: a file without a provider's name is one for all, and may be a pipe.
    let shared = try secretFile.filter { Self.named($0) == nil }.flatMap { try InputFile.secrets($0) }
    edit.secrets = try Dictionary(uniqueKeysWithValues: providers.map { ($0, try secrets(of: $0, shared)) })
    if shiftTime, let first = capture.lines.first.flatMap({ RFC3339.parse($0.exchange.at) }) {
      // Whole seconds, so that no two times become one.
      edit.shift = Date().timeIntervalSince(first).rounded()
    }
    if asNew { edit.suffix = "_" + SampleCallback.freshID("r").suffix(8) }
    return edit
  }

  /// The name and the path of a file that is one provider's.
  private static func named(_ text: String) -> KeyValue? {
    KeyValue(argument: text).flatMap { KnownProvider(rawValue: $0.key) == nil ? nil : $0 }
  }

  private func secrets(of provider: KnownProvider, _ shared: [Secret]) throws -> [Secret] {
    let given = secret.compactMap { argument in
      guard let pair = argument.pair, let named = KnownProvider(rawValue: pair.name) else {
        return argument.whole
      }
      return named == provider ? pair.secret : nil
    }
    let own = try secretFile.compactMap(Self.named).filter { $0.key == provider.name }
      .flatMap { try InputFile.secrets($0.value) }
    return try provider.secrets(given: given + own + shared)
  }
}
