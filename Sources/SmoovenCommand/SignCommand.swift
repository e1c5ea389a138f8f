internal import ArgumentParser
internal import HTTPTypes
internal import Smooven

import struct Foundation.Date

/// `smooven sign`: prints the headers that a provider would send with a body.
struct SignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Print the headers that sign a body, one a line, as 'Name: value'."
  )

  @Option(help: "As whom to sign.")
  var provider: ProviderName

  @Option(help: "The secret. Default: <NAME>_WEBHOOK_SECRET.")
  var secret: [String] = []

  @Option(help: "The time to sign. Default: now.")
  var at: TimeArgument?

  @Argument(help: "The file with the body; - or nothing for standard input.")
  var file: String?

  func run() async throws {
    try await reportingErrors(json: false) {
      let body = try BodyFile.read(file)
      guard ProviderFactory.isSigned(provider.name) else {
        Terminal.printError("\(provider.name) does not sign its callbacks: there are no headers")
        return
      }
      let secrets = try ProviderFactory.secrets(of: provider.name, given: secret.map { Secret($0) })
      let fields = try ProviderFactory.signing(provider.name, secrets: secrets)?
        .sign(body, id: SampleCallback.freshID("msg"), at: at?.date ?? Date())
      for field in fields ?? [:] { Terminal.print("\(field.name.rawName): \(field.value)") }
    }
  }
}
