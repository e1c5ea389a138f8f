import Foundation
import SmoovenCallbacks
import SmoovenTesting
import TestSupport
import Testing

/// What `send` and `listen` say in situations that are brought about: files of the system that can't be written, and a
/// clock that is off.
@Suite("Explanations, in real situations", .throttled, .timeLimit(.minutes(5))) struct ExplainedSituationTests
{
  /// Sends a notification that is accepted, brings something about, and returns what `send` says when time runs out.
  private func send(
    _ arguments: [String] = [],
    _ happening: @escaping @Sendable (_ url: String) async -> Bool
  ) async throws -> [String] {
    var server = CrashingServer()
    // Before the response, so that it happens in time however busy the machine is.
    server.beforeAnswer = { [server] in
      guard let url = try? await server.callbackURL() else { return false }
      return await happening(url)
    }
    return try await server.serving { url in
      let end = try await SmoovenProcess.run(
        ["send", "Remind", "--user", "sarah", "--base-url", url, "--timeout", "1s"] + arguments,
        environment: ["SMOOVEN_SECRET_KEY": CrashingServer.key]
      )
      #expect(end.exitCode == 4, "\(end.errors)")
      return end.errors
    }
  }

  @Test("The clock of the sender is 10 minutes ahead")
  func clock() async throws {
    let errors = try await send { url in
      let event = SmoovenCallbackFixture(
        "notification.delivered",
        notificationID: "ntf_1",
        timestamp: Date(timeIntervalSinceNow: 600)
      )
      return (try? await Requests.callBack(url, event, key: CrashingServer.key)) == 401
    }
    let why = try #require(errors.first)
    #expect(why.contains("At its own URL, a request was refused: "), "\(errors)")
    // Seconds may pass until it arrives.
    #expect(why.contains(#/ (600|59\d) s ahead /#), "\(errors)")
    #expect(errors.last?.contains("clock") == true, "\(errors)")
  }

  #if SQLiteSupport
  @Test(
    "A store becomes read-only while its process runs",
    .enabled(if: ImmutableFile.isPossible, "no file can be made immutable here")
  )
  func becomesReadOnly() async throws {
    let file = TemporaryFile()
    let errors = try await send(["--store", "sqlite:\(file.path)"]) { url in
      let event = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
      return
        (try? await ImmutableFile.with(file.path) {
          try await Requests.callBack(url, event, key: CrashingServer.key)
        }) == 503
    }
    let why = try #require(errors.first)
    #expect(why.contains("At its own URL, a request was refused: smooven: unavailable: "), "\(errors)")
    #expect(why.contains("the disk can't be written"), "\(errors)")
    #expect(errors.last?.contains("the store can be reached and written") == true, "\(errors)")
  }

  @Test(
    "A listener says why it responds with 503, and receives the callback once it can be stored",
    .enabled(if: ImmutableFile.isPossible, "no file can be made immutable here")
  )
  func listener() async throws {
    let file = TemporaryFile()
    let arguments = ["--secret", "smooven=\(Listening.key)", "--store", "sqlite:\(file.path)"]
    try await Listening.with(arguments) { listening in
      let event = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
      let status = try await ImmutableFile.with(file.path) { try await listening.send(event) }
      #expect(status == 503)
      let line = try await listening.process.first { $0.errors.first { $0.hasPrefix("refused: ") } }
      #expect(line.hasPrefix("refused: smooven: 503 store: "), "\(line)")
      #expect(line.contains("can't be written"), "\(line)")
      #expect(try await listening.send(event) == 200)
      #expect(try await listening.stopped().events.count == 1)
    }
  }

  @Test("A store that is read-only from the start is refused, with what to do")
  func isReadOnly() async throws {
    let file = TemporaryFile()
    let arguments = [
      "listen", "--provider", "smooven", "--port", "0", "--secret", "smooven=\(Listening.key)",
      "--store", "sqlite:\(file.path)",
    ]
    try await SmoovenProcess.with(arguments) { process in
      _ = try await process.listeningURL()
      process.signal(SIGTERM)
      #expect(try await process.finished().exitCode == 0)
    }
    let folder = URL(filePath: file.path).deletingLastPathComponent().path
    let files = FileManager.default
    try files.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file.path)
    try files.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder)
    defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder) }
    // The permissions of a file don't bind its superuser.
    let script = """
      [ $(id -u) -ne 0 ] || exec setpriv --reuid=65534 --regid=65534 --clear-groups "$0" "$@"
      exec "$0" "$@"
      """
    let end = try await SmoovenProcess.run(arguments, as: .smoovenInShell(script))
    #expect(end.exitCode == 1)
    #expect(end.errors.first?.contains("its folder cannot be written") == true, "\(end.errors)")
  }
  #endif
}

#if SQLiteSupport
/// A file that not even the superuser can write for a while, as on a disk that the system made read-only.
private enum ImmutableFile {
  /// Whether the process has the right, and the file system knows the attribute.
  static let isPossible: Bool = {
    let file = TemporaryFile()
    guard FileManager.default.createFile(atPath: file.path, contents: nil), change("+i", file.path) else {
      return false
    }
    return change("-i", file.path)
  }()

  static func with<Result>(_ path: String, _ body: () async throws -> Result) async throws -> Result {
    let paths = ["", "-wal", "-shm"].map { path + $0 }.filter { FileManager.default.fileExists(atPath: $0) }
    defer { for path in paths { _ = change("-i", path) } }
    for path in paths { try #require(change("+i", path)) }
    return try await body()
  }

  private static func change(_ attribute: String, _ path: String) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["chattr", attribute, path]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
#endif
