internal import ArgumentParser
internal import Logging
internal import ServiceLifecycle
internal import Smooven
internal import SmoovenSandbox

/// `smooven sandbox`: a local Smooven, until it is stopped.
struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract: "Run a local Smooven that accepts notifications and sends signed callbacks.",
    discussion: """
      The recipient chooses the story: the part of user_id or to before '@' or '+'. Anything else is delivered.
      Scripts: \(SandboxScript.allCases.map(\.rawValue).joined(separator: ", ")).
      Standard error says which notifications were accepted, and which requests were refused.
      The Secret Key comes from SMOOVEN_SECRET_KEY; without it, it is \(SandboxConfiguration().secretKey.exposedText).
      """
  )

  @Option(help: "The address to bind.")
  var host = "127.0.0.1"

  @Option(help: "The port to bind; 0 for a free one.")
  var port = 4010

  @Option(help: "Multiplies every delay: 0.01 makes retries after 5 s come after 50 ms.")
  var timeScale = 1.0

  @Option(help: "The URL for the callbacks of requests without a callback_url, and of players.")
  var callbackURL: String?

  @Flag(help: "Print each callback attempt as one JSON object a line.")
  var json = false

  @OptionGroup var page: DashboardOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    try Checks.port(port)
    guard (0...1_000).contains(timeScale) else {
      throw ValidationError("--time-scale must be between 0 and 1000.")
    }
    if let callbackURL { _ = try TargetURL(callbackURL, option: "--callback-url") }
  }

  func run() async throws {
    try await reportingErrors(json: json) {
      var configuration = SandboxConfiguration()
      configuration.host = host
      configuration.port = port
      configuration.timeScale = timeScale
      configuration.defaultCallbackURL = callbackURL
      if let key = Environment.secrets("SMOOVEN_SECRET_KEY").first { configuration.secretKey = key }
      let sandbox = try SmoovenSandbox(configuration: configuration, logger: logging.logger)
      Terminal.watchReader()
      let printer = Task { [json] in
        Terminal.printError("listening on \(try await sandbox.baseURL)")
        var position = 0
        while let news = try? await sandbox.awaitActivities(after: position) {
          for activity in news.activities { Self.print(activity, json: json) }
          position = news.position
        }
      }
      let dashboard = page.service(SandboxFeed(sandbox: sandbox), title: "smooven sandbox", logging.logger)
      try await serving(
        [sandbox] + (dashboard.map { [$0] } ?? []),
        started: { _ = try await sandbox.baseURL }
      )
      // What was tried is printed before the end.
      _ = try? await printer.value
    }
  }

  /// Prints an attempt on standard output, and everything else on standard error.
  private static func print(_ activity: SandboxActivity, json: Bool) {
    switch activity {
    case .attempt(let attempt):
      if json { Terminal.print(json: AttemptReport(attempt)) } else { Terminal.print(line(attempt)) }
    case .accepted(let id, let channel, let script, let hasCallbackURL, _):
      let hint =
        hasCallbackURL ? "" : "; no callback URL: give callback_url in the request, or --callback-url"
      Terminal.printError("\(id)  accepted on \(channel.rawValue), script \(script.rawValue)\(hint)")
    case .refused(let status, let code, let method, let path, _):
      let hint = status == 401 ? "; the sandbox's Secret Key is another one" : ""
      Terminal.printError("refused: \(status) \(code), \(method) \(path)\(hint)")
    }
  }

  private static func line(_ attempt: SandboxCallbackAttempt) -> String {
    let result = attempt.status.map { "\($0)" } ?? attempt.error ?? "no response"
    let number = attempt.number > 1 ? " (attempt \(attempt.number))" : ""
    return "\(attempt.notificationID ?? "-")  \(attempt.event) → \(result)\(number)"
  }
}

/// One attempt to deliver a callback, in the form in which `sandbox --json` prints it.
private struct AttemptReport: Encodable {
  let notificationID: String?
  let event: String
  let attempt: Int
  let status: Int?
  let error: String?

  private enum CodingKeys: String, CodingKey {
    case notificationID = "notification_id"
    case event, attempt, status, error
  }

  init(_ attempt: SandboxCallbackAttempt) {
    notificationID = attempt.notificationID
    event = attempt.event
    self.attempt = attempt.number
    status = attempt.status
    error = attempt.error
  }

  /// Encodes every key, with `null` if there's no value.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(notificationID, forKey: .notificationID)
    try container.encode(event, forKey: .event)
    try container.encode(attempt, forKey: .attempt)
    try container.encode(status, forKey: .status)
    try container.encode(error, forKey: .error)
  }
}
