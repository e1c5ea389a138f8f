internal import ArgumentParser
internal import HTTPTypes
internal import Smooven

internal import struct Foundation.Date

/// `smooven trigger`: sends one realistic callback.
struct TriggerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trigger",
    abstract: "Send one realistic, correctly signed callback.",
    discussion: """
      EVENT is the provider's name for it; another name is sent as a custom event. Known are:
      \(KnownProvider.allCases.map { "  \($0.name): \(SampleCallback.examples(of: $0))" }.joined(separator: "\n"))
      """
  )

  @Argument(help: "The event. Not needed with --data.")
  var event: String?

  @Option(help: "The provider as which to send it.")
  var provider: KnownProvider

  @OptionGroup var secrets: SecretOptions

  @Option(help: "The URL to send it to. It may have a user, a password and a query.")
  var to: String

  @Option(help: "The id to correlate on, and with --data that of the message. Defaults to a new one.")
  var id: String?

  @Option(help: "Send the bytes of this file as the body; - for standard input.", completion: .file())
  var data: String?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    _ = try TargetURL(to, option: "--to")
    guard event != nil || data != nil else { throw ValidationError("Give an event, or --data with a body.") }
    if let id { try Checks.headerText(id, "--id") }
  }

  func run() async throws {
    try await reportingErrors(json: json) {
      let now = Date()
      let id = id ?? SampleCallback.freshID("test")
      let body = try body(id, now)
      var fields: HTTPFields = [.contentType: "application/json"]
      if provider.isSigned {
        let secrets = try secrets.secrets(of: provider)
        let messageID = data == nil ? SampleCallback.freshID("msg") : id
        fields.append(
          contentsOf: try provider.signing(secrets)?
            .sign(body, id: messageID, at: now) ?? [:]
        )
      }
      let target = try TargetURL(to, option: "--to")
      let response = try await Self.post(
        TransportRequest(head: target.post(fields), body: body, timeout: .seconds(10))
      )
      let report = TriggerReport(event: event ?? "--data", id: id, response: response)
      if json { Terminal.print(json: report) } else { for line in report.lines { Terminal.print(line) } }
      if !report.isAccepted { throw ExitCode(1) }
    }
  }

  private func body(_ id: String, _ now: Date) throws -> [UInt8] {
    if let data { return try InputFile.read(data) }
    let event = event ?? ""
    if !SampleCallback.isKnown(event, of: provider) {
      Terminal.printError(
        "note: \(provider.name) documents no event \(event); it is sent as a custom one. See smooven trigger --help"
      )
    }
    return SampleCallback(event, provider: provider, id: id, now: now).body
  }

  private static func post(_ request: TransportRequest) async throws -> TransportResponse {
    let transport = HTTPClientTransport()
    return try await closing(transport.shutdown) { try await transport.send(request) }
  }
}

/// The request of `trigger`, and the response.
private struct TriggerReport: Encodable {
  let event: String
  let id: String
  let status: Int
  /// The beginning of the response's body.
  let body: String?

  init(event: String, id: String, response: TransportResponse) {
    self.event = event
    self.id = id
    status = response.head.status.code
    body = response.body.isEmpty ? nil : String(decoding: response.body.prefix(1_024), as: UTF8.self)
  }

  var isAccepted: Bool { (200..<300).contains(status) }

  var lines: [String] {
    ["\(event) → \(status)  \(id)"] + (body.map { ["  \($0)"] } ?? [])
  }
}
