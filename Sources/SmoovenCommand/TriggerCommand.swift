internal import ArgumentParser
internal import HTTPTypes
internal import Smooven

import struct Foundation.Date

/// `smooven trigger`: sends one realistic callback.
struct TriggerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trigger",
    abstract: "Send one realistic, correctly signed callback.",
    discussion: """
      EVENT is the provider's name for it, such as notification.delivered (smooven), EMAIL_OPEN (notificationapi, \
      pingram), job.completed (smartlyq), DELIVERED, reply or click (smobi).
      """
  )

  @Argument(help: "The event.")
  var event: String

  @Option(help: "As whom to send it.")
  var provider: ProviderName

  @Option(help: "The secret. Default: <NAME>_WEBHOOK_SECRET.")
  var secret: [String] = []

  @Option(help: "Where to send it.")
  var to: String

  @Option(help: "The id to correlate on. Default: a fresh one.")
  var id: String?

  func validate() throws {
    try Checks.url(to, "--to")
  }

  func run() async throws {
    try await reportingErrors(json: false) {
      let now = Date()
      let endpoint = try BaseURL(to, setting: "--to")
      guard
        let sample = SampleCallback(
          event,
          provider: provider.name,
          id: id ?? SampleCallback.freshID("test"),
          now: now
        )
      else { throw ValidationError("\(event) cannot be written as JSON.") }
      var head = HTTPRequest(
        method: .post,
        scheme: endpoint.scheme,
        authority: endpoint.authority,
        path: endpoint.path.isEmpty ? "/" : endpoint.path
      )
      head.headerFields[.contentType] = "application/json"
      if ProviderFactory.isSigned(provider.name) {
        let secrets = try ProviderFactory.secrets(of: provider.name, given: secret.map { Secret($0) })
        let fields = try ProviderFactory.signing(provider.name, secrets: secrets)?
          .sign(sample.body, id: SampleCallback.freshID("msg"), at: now)
        for field in fields ?? [:] { head.headerFields.append(field) }
      }
      let transport = HTTPClientTransport()
      let result: Result<TransportResponse, any Error>
      do {
        let request = TransportRequest(head: head, body: sample.body, timeout: .seconds(10))
        result = .success(try await transport.send(request))
      } catch {
        result = .failure(error)
      }
      await transport.shutdown()
      let status = try result.get().head.status.code
      Terminal.print("\(event) → \(status)")
      if !(200..<300).contains(status) { throw ExitCode(1) }
    }
  }
}
