internal import ArgumentParser
internal import HTTPTypes
internal import Smooven

import struct Foundation.Date

/// `smooven verify`: checks one captured callback, and explains what's wrong with it.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the signature of a captured callback, and say why it fails.",
    discussion: "Exits with 0 when it is verified, 5 when it is not."
  )

  @Option(help: "Who is said to have sent it.")
  var provider: ProviderName

  @Option(help: "A secret; several while they are rotated. Default: <NAME>_WEBHOOK_SECRET.")
  var secret: [String] = []

  @Option(help: "A header of the request, as 'Name: value'.")
  var header: [String] = []

  @Option(help: "The time to judge its age by. Default: now.")
  var at: TimeArgument?

  @Argument(help: "The file with the body, exactly as received; - or nothing for standard input.")
  var file: String?

  func run() async throws {
    try await reportingErrors(json: false) {
      let request = CallbackRequest(head: try head(), body: try BodyFile.read(file))
      guard ProviderFactory.isSigned(provider.name) else {
        Terminal.printError(
          "not verified: \(provider.name) does not sign its callbacks, so nothing proves this one"
        )
        throw ExitCode(5)
      }
      let secrets = try ProviderFactory.secrets(of: provider.name, given: secret.map { Secret($0) })
      let provider = try ProviderFactory.make(provider.name, secrets: secrets)
      let now = at?.date ?? Date()
      do {
        let verification = try provider.verify(request, at: now)
        let event = try provider.decode(request)
        try provider.checkFreshness(of: event, at: now)
        Terminal.print("verified by secret \((verification.secretIndex ?? 0) + 1) of \(secrets.count)")
        var line: [UInt8] = []
        EventLine.write(event, to: &line)
        Terminal.print(lines: line)
      } catch let error as VerificationError {
        Terminal.printError("not verified: \(error)")
        if error.code == .noMatch {
          for hint in Diagnosis(provider: self.provider.name, secrets: secrets, request: request, now: now)
            .hints
          {
            Terminal.printError("  \(hint)")
          }
        }
        throw ExitCode(5)
      }
    }
  }

  private func head() throws -> HTTPRequest {
    var head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/")
    for line in header {
      guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
        throw ValidationError("--header takes 'Name: value'.")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      head.headerFields.append(HTTPField(name: name, value: String(value)))
    }
    return head
  }
}
