#if SQLiteSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenSQLite
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

/// `smooven send` with a key and a store, killed at some point and run again.
@Suite("smooven send after a crash", .throttled, .timeLimit(.minutes(5)))
struct SendCrashTests {
  let file = TemporaryFile()
  let port: Int

  init() async throws { port = try await SilentPort.free() }

  /// Runs the same command each time, as a script would repeat it.
  func send(to url: String, _ body: (SmoovenProcess) async throws -> Void) async throws {
    let arguments = [
      "send", "Page the engineer", "--user", "on-call@example.com", "--base-url", url, "--timeout", "60s",
      "--listen", "127.0.0.1:\(port)", "--store", "sqlite:\(file.path)", "--idempotency-key", "incident-17",
      "--json", "--public-url", "http://127.0.0.1:\(port)",
    ]
    try await SmoovenProcess.with(
      arguments,
      environment: ["SMOOVEN_SECRET_KEY": CrashingServer.key]
    ) { process in
      try await body(process)
    }
  }

  /// Kills the command when a condition holds.
  ///
  /// If that condition is the callback itself, the command may end before.
  func crash(
    at url: String,
    orEnds: Bool = false,
    when condition: (SmoovenProcess) async throws -> Void
  ) async throws {
    try await send(to: url) { process in
      try await condition(process)
      process.signal(SIGKILL)
      let code = try await process.finished().exitCode
      #expect(code == -SIGKILL || orEnds && code == 0)
    }
  }

  /// Runs the command again, which ends as delivered, and checks that the server has seen one notification.
  func expectDelivery(_ server: CrashingServer, at url: String, callingBack: Bool = true) async throws {
    try await send(to: url) { process in
      if callingBack { try await server.callBack() }
      let end = try await process.finished()
      #expect(end.exitCode == 0, "\(end.errors)")
      let report = try end.report
      #expect(report["outcome"] == "delivered")
      #expect(report["notification_id"] == "ntf_1")
    }
    #expect(server.state.read { $0.callbackURLs.count } == 1)
  }

  @Test("Before the connection is established: sent by the second run")
  func beforeSending() async throws {
    // A server that accepts connections and never responds to the TLS hello.
    let silent = try await SilentPort.open()
    try await crash(at: "https://127.0.0.1:\(silent.port)") { _ in try await silent.received() }
    await silent.close()
    let server = CrashingServer()
    try await server.serving { url in try await expectDelivery(server, at: url) }
  }

  @Test("After the request was sent, before its response: not sent again, the callback decides")
  func beforeAnswer() async throws {
    let gate = Watched(false)
    let server = CrashingServer(beforeAnswer: {
      _ = try? await gate.first { $0 ? true : nil }
      return false
    })
    try await server.serving { url in
      try await crash(at: url) { _ in _ = try await server.callbackURL() }
      gate.update { $0 = true }
      try await expectDelivery(server, at: url)
    }
  }

  @Test("While a refusal asks for a pause: sent by the second run")
  func duringBackoff() async throws {
    let server = CrashingServer(refusing: 1)
    try await server.serving { url in
      try await crash(at: url) { _ in
        _ = try await server.state.first { $0.refusals == 1 ? true : nil }
        let store = try await SQLiteDeliveryStore(path: file.path)
        try await until { try await isFree(in: store) }
        await store.close()
      }
      try await expectDelivery(server, at: url)
    }
  }

  @Test("While it waits: the second run continues to wait")
  func whileWaiting() async throws {
    let server = CrashingServer()
    try await server.serving { url in
      try await crash(at: url) { _ in try await idIsStored() }
      try await expectDelivery(server, at: url)
    }
  }

  @Test("After the callback: the second run has the outcome immediately")
  func afterCallback() async throws {
    let server = CrashingServer()
    try await server.serving { url in
      try await crash(at: url, orEnds: true) { _ in
        try await idIsStored()
        try await server.callBack()
      }
      try await expectDelivery(server, at: url, callingBack: false)
    }
  }

  @Test("After the end: the same outcome each time")
  func afterEnd() async throws {
    let server = CrashingServer()
    try await server.serving { url in
      try await expectDelivery(server, at: url)
      for _ in 0..<3 { try await expectDelivery(server, at: url, callingBack: false) }
    }
  }

  /// Returns whether the delivery was released after an attempt.
  private func isFree(in store: SQLiteDeliveryStore) async throws -> Bool {
    guard let delivery = try await store.pending(after: nil, limit: 1).first?.delivery else { return false }
    return delivery.claim == nil && delivery.attempt == 1
  }

  private func idIsStored() async throws {
    try await until { FileManager.default.fileExists(atPath: file.path) }
    let store = try await SQLiteDeliveryStore(path: file.path)
    try await until { try await store.pending(after: nil, limit: 1).first?.delivery.notificationID != nil }
    await store.close()
  }
}
#endif
