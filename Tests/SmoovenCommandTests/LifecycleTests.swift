import Foundation
import SmoovenCallbacks
import Testing

/// How the servers of the command line start and stop.
@Suite("smooven's servers, from start to stop", .throttled, .timeLimit(.minutes(5)))
struct LifecycleTests {
  static let servers = [
    ["sandbox"], ["sandbox", "--json", "--verbose"],
    ["listen", "--provider", "smooven"],
    ["listen", "--provider", "smooven", "--json", "--verbose", "--forward-to", "http://127.0.0.1:1"],
  ]
  static let environment = ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef"]

  @Test(
    "A server exits with 0 on a signal, even with an open connection",
    arguments: servers,
    [SIGTERM, SIGINT]
  )
  func signals(arguments: [String], signal: CInt) async throws {
    try await SmoovenProcess.with(arguments + ["--port", "0"], environment: Self.environment) { server in
      let url = try await server.listeningURL()
      let idle = try await RawConnection(port: Int(url.split(separator: ":").last ?? "") ?? 0)
      #expect(try await Requests.send("GET", "\(url)/healthz").status == 200)
      let start = ContinuousClock.now
      server.signal(signal)
      let end = try await server.finished()
      #expect(end.exitCode == 0, "\(end.errors)")
      #expect(end.output == [])
      #expect(ContinuousClock.now - start < .seconds(5))
      await idle.close()
    }
  }

  @Test("A sandbox stops immediately, even if callbacks are waiting to be sent again")
  func pendingRetries() async throws {
    try await SmoovenProcess.with(["sandbox", "--port", "0", "--json"]) { sandbox in
      let url = try await sandbox.listeningURL()
      let request: JSONValue = [
        "intent": "Hi", "context": ["user_id": "sarah"], "callback_url": "http://127.0.0.1:1/callbacks",
      ]
      #expect(try await Requests.notify(url, request).status == 200)
      let first = try JSONValue(parsing: Array(try await sandbox.output(count: 1)[0].utf8))
      #expect(first["status"] == .null)
      #expect(first["error"]?.stringValue?.isEmpty == false)
      let start = ContinuousClock.now
      sandbox.signal(SIGTERM)
      #expect(try await sandbox.finished().exitCode == 0)
      #expect(ContinuousClock.now - start < .seconds(5))
    }
  }

  @Test("Retries arrive at the pace of the time scale, and are numbered")
  func retries() async throws {
    try await SmoovenProcess.with(["sandbox", "--port", "0", "--time-scale", "0.001"]) { sandbox in
      let url = try await sandbox.listeningURL()
      let request: JSONValue = [
        "intent": "Hi", "context": ["user_id": "silent"], "callback_url": "http://127.0.0.1:1/callbacks",
      ]
      #expect(try await Requests.notify(url, request).status == 200)
      let lines = try await sandbox.output(count: 4)
      #expect(lines[3].hasSuffix("(attempt 4)"))
    }
  }

  @Test(
    "A port in use is an error that names it",
    arguments: servers + [["send", "Hi", "--user", "sarah", "--sandbox"]]
  )
  func portInUse(arguments: [String]) async throws {
    try await SmoovenProcess.with(["sandbox", "--port", "0"]) { first in
      let port = String(try await first.listeningURL().split(separator: ":").last ?? "")
      let option = arguments[0] == "send" ? ["--listen", "127.0.0.1:\(port)"] : ["--port", port]
      let end = try await SmoovenProcess.run(arguments + option, environment: Self.environment)
      #expect(end.exitCode == 1)
      #expect(end.errors.last?.contains("port \(port) is already in use") == true, "\(end.errors)")
      #expect(!end.errors.contains { $0.hasPrefix("listening") })
    }
  }
}
