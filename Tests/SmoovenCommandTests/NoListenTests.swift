#if SQLiteSupport
import Foundation
import SmoovenCallbacks
import Testing

/// `smooven send --no-listen`, whose callbacks arrive at a `smooven listen` with the same store.
@Suite("smooven send --no-listen", .throttled, .timeLimit(.minutes(5)))
struct NoListenTests {
  static let environment = ["SMOOVEN_SECRET_KEY": Listening.key]

  let file = TemporaryFile()

  private var store: [String] { ["--store", "sqlite:\(file.path)"] }

  /// Runs `smooven listen` on the test's file while a closure runs.
  private func listening<Result>(_ body: (Listening) async throws -> Result) async throws -> Result {
    try await Listening.with(["--secret", "smooven=\(Listening.key)"] + store, body)
  }

  private func arguments(_ recipient: String, at url: String, _ listener: Listening) -> [String] {
    [
      "send", "Page the engineer", "--user", recipient, "--base-url", url, "--no-listen", "--public-url",
      listener.url, "--json",
    ] + store
  }

  @Test(
    "The outcome comes from the callbacks that the other process received",
    arguments: [
      ("sarah", 0), ("early", 0), ("duplicate", 0), ("reorder", 0), ("forged", 0), ("drop", 0),
      ("error500", 0),
      ("fail", 3),
    ] as [(String, Int32)]
  )
  func outcome(recipient: String, code: Int32) async throws {
    try await listening { listener in
      let sandbox = ["sandbox", "--port", "0", "--time-scale", "0.1"]
      try await SmoovenProcess.with(sandbox, environment: Self.environment) { sandbox in
        let url = try await sandbox.listeningURL()
        let end = try await SmoovenProcess.run(
          arguments(recipient, at: url, listener),
          environment: Self.environment
        )
        #expect(end.exitCode == code, "\(end.errors)")
        #expect(end.errors == [])
        let report = try end.report
        #expect(report["outcome"] == (code == 0 ? "delivered" : "failed"))
        // At the deadline, the status would have given the same result.
        #expect((report["elapsed_ms"]?.integerValue ?? .max) < 20_000)
        let notifications = try await Requests.list(url, "notifications")
        try #require(notifications.count == 1)
        #expect(notifications[0]["notification_id"] == report["notification_id"])
        let callbackURL = try #require(notifications[0]["request"]?["callback_url"]?.stringValue)
        #expect(callbackURL.hasPrefix("\(listener.callbackURL)/"))
      }
    }
  }

  @Test("The wait ends soon after the other process has acknowledged the callback")
  func soon() async throws {
    let server = CrashingServer()
    try await listening { listener in
      try await server.serving { url in
        try await SmoovenProcess.with(
          arguments("on-call@example.com", at: url, listener),
          environment: Self.environment
        ) { process in
          try await server.callBack()
          let acknowledged = ContinuousClock.now
          _ = try await process.output(count: 1)
          // The store is polled every 50 ms. The rest is for a busy machine.
          #expect(ContinuousClock.now - acknowledged < .seconds(5))
          #expect(try await process.finished().exitCode == 0)
        }
      }
    }
  }

  #if os(Linux)
  @Test("It binds no port, whereas the same command without the option does", arguments: [true, false])
  func ports(isBound: Bool) async throws {
    let server = CrashingServer()
    try await listening { listener in
      try await server.serving { url in
        let arguments = arguments("on-call@example.com", at: url, listener)
          .filter { !isBound || $0 != "--no-listen" }
        try await SmoovenProcess.with(arguments, environment: Self.environment) { process in
          // The request has been sent, so the client runs.
          _ = try await server.callbackURL()
          #expect(try process.listensOnTCP == isBound)
        }
      }
    }
  }
  #endif

  @Test("The public URL may be set in the environment")
  func publicURLOfEnvironment() async throws {
    let server = CrashingServer()
    try await listening { listener in
      try await server.serving { url in
        let arguments = ["send", "Hi", "--user", "sarah", "--no-listen", "--base-url", url, "--json"] + store
        let environment = Self.environment.merging(["SMOOVEN_PUBLIC_URL": listener.url]) { _, new in new }
        try await SmoovenProcess.with(arguments, environment: environment) { process in
          #expect(try await server.callbackURL().hasPrefix(listener.callbackURL))
          try await server.callBack()
          #expect(try await process.finished().exitCode == 0)
        }
      }
    }
  }

  static let misuses: [(arguments: [String], environment: [String: String], named: String)] = [
    ([], [:], "--store"),
    ([], [:], "--public-url"),
    (["--public-url", "http://127.0.0.1:1"], [:], "--store"),
    (["--store", "sqlite:smooven.db"], [:], "--public-url"),
    (["--store", "sqlite:smooven.db", "--public-url", "127.0.0.1"], [:], "--public-url"),
    (
      ["--store", "sqlite:smooven.db", "--public-url", "http://127.0.0.1:1", "--listen", "127.0.0.1:0"], [:],
      "--listen"
    ),
    // The sandbox inside the process doesn't call back to the URL for the real service.
    (
      ["--store", "sqlite:smooven.db", "--sandbox"], ["SMOOVEN_PUBLIC_URL": "http://127.0.0.1:1"],
      "--public-url"
    ),
  ]

  @Test("A missing option is a usage error that names it", arguments: misuses)
  func misuse(arguments: [String], environment: [String: String], named: String) async throws {
    let end = try await SmoovenProcess.run(
      ["send", "Hi", "--user", "sarah", "--no-listen"] + arguments,
      environment: Self.environment.merging(environment) { _, new in new }
    )
    #expect(end.exitCode == 64)
    #expect(end.errors.first?.contains(named) == true, "\(end.errors)")
    #expect(end.output == [])
  }
}
#endif
