#if SQLiteSupport && os(Linux)
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenSQLite
import SmoovenTesting
import Testing

/// Whole processes that start and end while the wall clock is wrong, on one file.
@Suite(
  "smooven with a wrong wall clock",
  .throttled,
  .timeLimit(.minutes(5)),
  .enabled(if: WrongClockTests.library != nil, "the Debian package faketime isn't installed")
)
struct WrongClockTests {
  /// The library that shows a process another time.
  static let library: String? = {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
    return folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()

  private let file = TemporaryFile()

  /// Runs `smooven listen`, and a Smooven, both with a wall clock that is ahead by some seconds.
  private func ahead(
    _ seconds: Double,
    _ body: (Listening, CountingServer, _ send: (_ key: String) async throws -> Void) async throws -> Void
  ) async throws {
    var environment = ["SMOOVEN_SECRET_KEY": CountingServer.key]
    if seconds != 0 {
      environment["LD_PRELOAD"] = Self.library
      environment["FAKETIME"] = String(Int(seconds)).replacing(#/^\d/#) { "+\($0.output)" }
      environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    }
    let store = ["--store", "sqlite:\(file.path)"]
    let server = CountingServer(ahead: seconds)
    try await Listening.with(store, environment: environment) { [environment] listener in
      try await server.serving { url in
        try await body(listener, server) { key in
          let arguments = [
            "send", key, "--user", "on-call@example.com", "--base-url", url, "--no-listen", "--public-url",
            listener.url, "--idempotency-key", key, "--json",
          ]
          let end = try await SmoovenProcess.run(arguments + store, environment: environment)
          #expect(end.exitCode == 0, "\(end)")
          let events = ["sent", "delivered"].map { "notification.\($0)" }
          #expect(try end.report["events"]?.strings == events)
        }
      }
    }
  }

  private func callback(_ id: String, ahead seconds: Double) -> SmoovenCallbackFixture {
    SmoovenCallbackFixture(
      "notification.delivered",
      notificationID: id,
      timestamp: Date(timeIntervalSinceNow: seconds)
    )
  }

  @Test(
    "What it acknowledged is kept, and no key sends twice",
    arguments: [90_000.0, 3_456_000, -90_000, -3_456_000]
  )
  func wrong(by seconds: Double) async throws {
    let early = callback("ntf_right", ahead: 0)
    try await ahead(0) { listener, server, send in
      #expect(try await listener.send(early) == 200)
      try await send("first")
      #expect(server.count("first") == 1)
    }
    for number in 0..<2 {
      try await ahead(seconds) { listener, server, send in
        #expect(try await listener.send(callback("ntf_wrong\(number)", ahead: seconds)) == 200)
        // By its clock it's too old, or from the future.
        #expect(try await listener.send(callback("ntf_refused", ahead: 0)) != 200)
        try await send("first")
        try await send("second")
        #expect(server.count("first") == 0)
        #expect(server.count("second") == (number == 0 ? 1 : 0))
      }
    }
    try await ahead(0) { listener, server, send in
      #expect(try await listener.send(callback("ntf_refused", ahead: 0)) == 200)
      #expect(try await listener.send(early) == 200)
      for key in ["first", "second"] {
        try await send(key)
        #expect(server.count(key) == 0)
      }
    }
    let store = try await SQLiteDeliveryStore(path: file.path)
    for id in ["ntf_right", "ntf_wrong0", "ntf_wrong1", "ntf_refused"] {
      let lookup = CallbackLookup(group: "smooven", ids: [id])
      let found = try await store.callbacks(matching: lookup, after: .beginning, limit: 10)
      #expect(found.count == 1, "\(id)")
    }
    await store.close()
  }
}
#endif
