internal import ArgumentParser
internal import Smooven

/// `smooven capture`: shows what is in a capture, or exports it.
struct CaptureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Show what smooven listen --capture wrote, or export it as HAR.",
    discussion: "A HAR file (HTTP Archive 1.2) can be opened in the developer tools of browsers."
  )

  @Flag(help: "Print it as a HAR document.")
  var har = false

  @Argument(help: "The capture.", completion: .file())
  var file: String

  func run() async throws {
    try await reportingErrors(json: har) {
      let capture = try Capture(path: file)
      if let message = capture.skipMessage { Terminal.printError(message) }
      if har {
        Terminal.print(json: HARDocument(capture))
        return
      }
      for line in capture.lines {
        let exchange = line.exchange
        let summary = exchange.summary
        let fate = exchange.answer.disposition ?? exchange.answer.reason ?? ""
        let parts = [
          "\(line.number)", exchange.at, exchange.endpoint ?? "-", "\(exchange.answer.status)", fate,
        ]
        Terminal.print((parts + [summary.event ?? "-", summary.id ?? "-"]).joined(separator: "  "))
      }
    }
  }
}
