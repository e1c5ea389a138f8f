import Foundation
import SmoovenCallbacks
import SmoovenTesting

/// A running `smooven listen`.
struct Listening: Sendable {
  static let key = "sk_live_0123456789abcdef"

  let process: SmoovenProcess
  let url: String

  var callbackURL: String { "\(url)/callbacks/smooven" }
  var port: Int { Int(url.split(separator: ":").last ?? "") ?? 0 }

  /// Runs `smooven listen --json` on a free port while a closure runs.
  static func with<Result>(
    _ arguments: [String] = ["--secret", "smooven=\(key)"],
    environment: [String: String] = [:],
    _ body: (Listening) async throws -> Result
  ) async throws -> Result {
    let arguments = ["listen", "--provider", "smooven", "--port", "0", "--json"] + arguments
    return try await SmoovenProcess.with(arguments, environment: environment) { process in
      try await body(Listening(process: process, url: try await process.listeningURL()))
    }
  }

  /// Returns the printed events, once there are enough of them.
  func events(count: Int) async throws -> [JSONValue] {
    try await process.output(count: count).map { try JSONValue(parsing: Array($0.utf8)) }
  }

  /// Ends the process, and returns the events that it printed until its end.
  func stopped() async throws -> (events: [JSONValue], exitCode: Int32?) {
    process.signal(SIGTERM)
    let end = try await process.finished()
    return (try end.output.map { try JSONValue(parsing: Array($0.utf8)) }, end.exitCode)
  }

  /// Sends a valid callback, and returns the status of the response.
  func send(_ event: String = "notification.delivered", id: String) async throws -> Int {
    try await send(SmoovenCallbackFixture(event, notificationID: id))
  }

  /// Sends an event, with the same bytes each time, and returns the status of the response.
  func send(_ event: SmoovenCallbackFixture) async throws -> Int {
    try await Requests.callBack(callbackURL, event, key: Self.key)
  }
}
