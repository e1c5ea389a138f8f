import Foundation
import Smooven
import SmoovenTesting

/// A client with many open waits, to which callbacks are sent at the URLs of its waits.
///
/// `TokenIngest COUNT FILE [journal]`: opens `COUNT` waits with `sendAndWait`, writes the path and the notification id of
/// each to a line of `FILE`, and then listens. Nothing is sent to Smooven. With `journal`, the client keeps one.
@main
struct TokenIngest {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard (2...3).contains(arguments.count), let count = Int(arguments[1]) else {
      fatalError("TokenIngest COUNT FILE [journal]")
    }
    let journal = arguments.last == "journal" ? DeliveryJournal() : nil
    let key = Secret(ProcessInfo.processInfo.environment["SMOOVEN_SECRET_KEY"] ?? "")
    let transport = MockTransport(secretKey: key, answer: .accepted())
    // A local URL, so that callbacks may arrive at a local one.
    let configuration = SmoovenConfiguration(secretKey: key, baseURL: "http://127.0.0.1:1")
    try await withSmoovenClient(configuration: configuration, transport: transport, journal: journal) {
      smooven in
      // The first one waits until the port is bound, and then the others don't have to.
      for number in [1, count] {
        for _ in transport.requestCount..<number { Task { await wait(smooven) } }
        while transport.requestCount < number { try await Task.sleep(for: .milliseconds(10)) }
      }
      // By then the client has read the last responses.
      try await Task.sleep(for: .seconds(1))
      let urls = transport.requests.compactMap { $0.callbackURL.flatMap { URL(string: $0) } }
      // The mock numbers the notifications in the order of their requests.
      let lines = urls.enumerated().map { "\($1.path) ntf_mock_\($0 + 1)\n" }
      try lines.joined().write(toFile: arguments[2], atomically: true, encoding: .utf8)
      let port = urls.first?.port ?? 0
      FileHandle.standardError.write(Data("listening on http://127.0.0.1:\(port)\n".utf8))
      // Runs until the process is ended.
      try await Task.sleep(for: .seconds(3_600))
    }
  }

  private static func wait(_ smooven: SmoovenClient) async {
    do {
      let outcome = try await smooven.sendAndWait(
        intent: "Remind Sarah about her appointment",
        context: .init(userID: "sarah@example.com", ["appointment_id": "apt_123"]),
        timeout: .seconds(3_600)
      )
      guard outcome.isDelivered else { fatalError("\(outcome)") }
    } catch {
      fatalError("\(error)")
    }
  }
}
