internal import ArgumentParser
internal import HTTPTypes
internal import Smooven

internal import struct Foundation.Date

/// `smooven sign`: prints the headers that a provider would send with a body.
struct SignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Print the headers that sign a body, one a line, as 'Name: value'."
  )

  @Option(help: "The provider as which to sign.")
  var provider: KnownProvider

  @OptionGroup var secrets: SecretOptions

  @Option(help: "The id of the message, for providers that sign one. Defaults to a new one.")
  var id: String?

  @Option(help: "The time to sign, \(TimeArgument.formats). Defaults to now.")
  var at: TimeArgument?

  @Argument(help: "The file with the body; - or nothing for standard input.", completion: .file())
  var file: String?

  func validate() throws {
    guard provider.isSigned else {
      throw ValidationError("\(provider.name) does not sign its callbacks, so there are no headers to print.")
    }
    if let id { try Checks.headerText(id, "--id") }
  }

  func run() async throws {
    try await reportingErrors(json: false) {
      let secrets = try secrets.secrets(of: provider)
      let body = try InputFile.read(file)
      let fields = try provider.signing(secrets)?
        .sign(body, id: id ?? SampleCallback.freshID("msg"), at: at?.date ?? Date())
      for field in fields ?? [:] { Terminal.print("\(field.name.rawName): \(field.value)") }
    }
  }
}
