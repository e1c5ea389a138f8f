internal import ArgumentParser
internal import HTTPTypes
internal import Smooven

internal import struct Foundation.Date

/// `smooven verify`: checks one captured callback, and explains what's wrong with it.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the signature of a captured callback, and say why it fails.",
    discussion: """
      FILE has the body exactly as received, or the whole request: its request line, its headers, an empty line, and its \
      body.
      Exits with 0 if it's verified, with 5 if it isn't, and with 1 if the signature is right over a body that is no event.
      """
  )

  @Option(help: "The provider that is said to have sent it.")
  var provider: KnownProvider

  @OptionGroup var secrets: SecretOptions

  @Option(help: "A header of the request, as 'Name: value'.")
  var header: [String] = []

  @Option(help: "The time to judge its age by, \(TimeArgument.formats). Defaults to now.")
  var at: TimeArgument?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Argument(
    help: "The file with the body or the request; - or nothing for standard input.",
    completion: .file()
  )
  var file: String?

  func validate() throws {
    if header.contains(where: { HTTPField(line: $0) == nil }) {
      throw ValidationError("--header takes 'Name: value'.")
    }
  }

  func run() async throws {
    try await reportingErrors(json: json) {
      let request = try request
      guard provider.isSigned else {
        var report = VerifyReport()
        report.signature = "none"
        report.message = "\(provider.name) does not sign its callbacks, so nothing proves this one"
        try finish(report, of: 0)
        return
      }
      let secrets = try secrets.secrets(of: provider)
      let report = try VerifyReport(request, from: provider, secrets: secrets, at: at?.date ?? Date())
      try finish(report, of: secrets.count)
    }
  }

  private func finish(_ report: VerifyReport, of count: Int) throws {
    if json { Terminal.print(json: report) } else { report.printLines(of: count) }
    if !report.verified { throw ExitCode(report.code == "not_decodable" ? 1 : 5) }
  }

  private var request: CallbackRequest {
    get throws {
      let bytes = try InputFile.read(file, what: "the body, or the whole request")
      var raw = try RawRequest(bytes)
      let fields = header.compactMap { HTTPField(line: $0) }
      // What is given by hand replaces what the file has.
      for field in fields { raw?.head.headerFields[field.name] = nil }
      var head = raw?.head ?? HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/")
      for field in fields { head.headerFields.append(field) }
      return CallbackRequest(head: head, body: raw?.body ?? bytes)
    }
  }
}

extension VerifyReport {
  /// Prints the result for a person.
  fileprivate func printLines(of count: Int) {
    if verified || code == "not_decodable" { Terminal.print("verified by secret \(secret ?? 1) of \(count)") }
    if verified {
      for event in events {
        var line: [UInt8] = []
        EventLine.write(event, to: &line)
        Terminal.print(lines: line)
      }
      for hint in hints { Terminal.print("  \(hint)") }
      return
    }
    let reason = [code, message].compactMap(\.self).joined(separator: ": ")
    Terminal.printError(code == "not_decodable" ? "error: \(reason)" : "not verified: \(reason)")
    for hint in hints { Terminal.printError("  \(hint)") }
  }
}
