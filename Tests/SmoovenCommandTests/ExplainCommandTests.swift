import Foundation
import SmoovenCallbacks
import SmoovenTesting
import Testing

@testable import SmoovenCommand

/// `smooven explain`, and what `send` and `ask` say on their own when time runs out.
@Suite("smooven explain", .throttled, .timeLimit(.minutes(5))) struct ExplainCommandTests {
  private static let environment = ["SMOOVEN_SECRET_KEY": Listening.key]

  @Test(
    "send and ask say why on standard error, and don't change standard output",
    arguments: [
      ["send", "Remind", "--user", "silent@example.com"],
      ["ask", "Deploy?", "--user", "scanner@example.com", "--option", "Deploy"],
    ],
    [true, false]
  )
  func timedOut(arguments: [String], json: Bool) async throws {
    let end = try await SmoovenProcess.run(
      arguments + ["--sandbox", "--timeout", "1s"] + (json ? ["--json"] : [])
    )
    #expect(end.exitCode == 4)
    #expect(end.errors.first?.hasPrefix("why: ") == true, "\(end.errors)")
    #expect(end.errors.last?.hasPrefix("     → In the sandbox, the recipient ") == true, "\(end.errors)")
    #expect(!end.output.contains { $0.contains("why:") })
    if json { #expect(try end.report["outcome"] == "timed_out") }
  }

  @Test("A public URL that leads nowhere is named")
  func named() async throws {
    try await SmoovenProcess.with(
      ["sandbox", "--port", "0", "--time-scale", "0.1"],
      environment: ["SMOOVEN_SECRET_KEY": Listening.key]
    ) { sandbox in
      let url = try await sandbox.listeningURL()
      let send = ["send", "Remind", "--user", "sarah", "--base-url", url, "--timeout", "2s", "--json"]
      let lost = try await SmoovenProcess.run(
        send + ["--public-url", "http://127.0.0.1:9"],
        environment: Self.environment
      )
      // The status knows it, so the outcome isn't lost.
      #expect(lost.exitCode == 0 && lost.errors == [], "\(lost.errors)")
      let silent = try await SmoovenProcess.run(
        [
          "send", "Remind", "--user", "silent", "--base-url", url, "--timeout", "1s", "--public-url",
          "http://127.0.0.1:9",
        ],
        environment: Self.environment
      )
      #expect(
        silent.errors.first?.contains("no request has reached this receiver") == true,
        "\(silent.errors)"
      )
    }
  }

  @Test("A key that doesn't fit is named, with what to do")
  func otherKey() async throws {
    var server = CrashingServer()
    // Before the response, so that it's refused in time however busy the machine is.
    server.beforeAnswer = { [server] in
      guard let url = try? await server.callbackURL() else { return false }
      let event = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
      return (try? await Requests.callBack(url, event, key: "sk_live_of_another")) == 401
    }
    try await server.serving { url in
      let end = try await SmoovenProcess.run(
        ["send", "Remind", "--user", "sarah", "--base-url", url, "--timeout", "3s"],
        environment: ["SMOOVEN_SECRET_KEY": CrashingServer.key]
      )
      #expect(end.exitCode == 4)
      let lines = [
        """
        why: Smooven accepted it, and none of its callbacks was received here. At its own URL, a request was refused: \
        no configured secret made the signature (no_match).
        """,
        """
             → The URL works, but the secret isn't the one that signs. Compare it with the project's Secret Key, and \
        keep the previous one while a key is rotated. smooven verify says more about a captured request.
        """,
      ]
      #expect(end.errors == lines)
    }
  }

  #if SQLiteSupport
  @Test("A store says what it knows, and the exit code is that of the outcome")
  func store() async throws {
    let file = TemporaryFile()
    let store = ["--store", "sqlite:\(file.path)"]
    let stories = [
      ("sarah", "page:1", "arrived", 0), ("fail", "page:2", "failed", 3), ("silent", "page:3", "open", 4),
    ]
    for (recipient, key, standing, code) in stories {
      let sent = try await SmoovenProcess.run(
        [
          "send", "Page", "--user", recipient, "--sandbox", "--timeout", "2s", "--idempotency-key", key,
          "--json",
        ]
          + store
      )
      #expect(sent.exitCode == Int32(code), "\(sent.errors)")
      let id = try #require(sent.report["notification_id"]?.stringValue)
      for name in [key, id] {
        let end = try await SmoovenProcess.run(["explain", name, "--json"] + store)
        #expect(end.exitCode == Int32(code), "\(end.errors)")
        #expect(end.errors == [])
        let report = try end.report
        #expect(report["notification_id"] == .string(id))
        #expect(report["standing"] == .string(standing))
        #expect(report["timeline"]?.arrayValue?.first?["event"] == "opened")
      }
      let people = try await SmoovenProcess.run(["explain", key] + store)
      #expect(people.output.first?.hasPrefix("\(id)  ") == true)
      #expect(people.output.contains { $0.hasPrefix("why: ") })
    }
    let unknown = try await SmoovenProcess.run(["explain", "ntf_unknown"] + store)
    #expect(unknown.exitCode == 1)
    #expect(unknown.errors.first?.contains("knows no notification") == true)
  }

  @Test("A file that doesn't exist isn't created, and a store must be given")
  func usage() async throws {
    let file = TemporaryFile()
    let end = try await SmoovenProcess.run(["explain", "ntf_1", "--store", "sqlite:\(file.path)"])
    #expect(end.exitCode == 1)
    #expect(end.errors.first?.contains("doesn't exist") == true)
    #expect(!FileManager.default.fileExists(atPath: file.path))
    let missing = try await SmoovenProcess.run(["explain", "ntf_1"])
    #expect(missing.exitCode == 64)
  }
  #endif
}
