import Foundation
import SmoovenCallbacks
import SmoovenSupport
import Testing

/// `smooven mcp` as a process: its streams, its end, and what it refuses.
@Suite("smooven mcp", .throttled, .timeLimit(.minutes(5)))
struct MCPProcessTests {
  static func line(_ id: Int64, _ method: String, _ params: [String: JSONValue] = [:]) -> [UInt8] {
    var params = params
    params["_meta"] = [
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": [:],
    ]
    let request: JSONValue = [
      "jsonrpc": "2.0", "id": .integer(id), "method": .string(method), "params": .object(params),
    ]
    return request.bytes + [0x0A]
  }

  static func with(
    _ arguments: [String] = ["--sandbox", "--allow", "sarah@example.com", "silent@example.com"],
    environment: [String: String] = [:],
    _ body: (SmoovenProcess) async throws -> Void
  ) async throws {
    try await SmoovenProcess.with(["mcp"] + arguments, environment: environment, hasInput: true, body)
  }

  @Test("The end of the input ends the process immediately, with 500 calls open")
  func endOfInput() async throws {
    try await Self.with(["--sandbox", "--allow-any", "--limit", "1000"]) { process in
      process.write(Self.line(0, "server/discover"))
      _ = try await process.output(count: 1)
      for id in 1...500 {
        let arguments: JSONValue = ["user_id": "silent@example.com", "intent": .string("Message \(id)")]
        process.write(Self.line(Int64(id), "tools/call", ["name": "notify_person", "arguments": arguments]))
      }
      // All except 64 get the result that says to try again later.
      _ = try await process.output(count: 1 + 500 - 64)
      let start = ContinuousClock.now
      process.closeInput()
      let end = try await process.finished()
      #expect(end.exitCode == 0 && end.output.count == 437)
      #expect(ContinuousClock.now - start < .seconds(2))
    }
  }

  @Test(
    "10,000 random lines don't end the process, its output contains only messages, and its log none of their text",
    arguments: [false, true]
  )
  func randomLines(isVerbose: Bool) async throws {
    let people = ["sarah@example.com", "silent@example.com"]
    try await Self.with(["--sandbox", "--allow"] + people + (isVerbose ? ["--verbose"] : [])) { process in
      var random = SystemRandomNumberGenerator()
      let text = "zebra-\(UInt32.random(in: 0...(.max), using: &random))"
      for number in 0..<10_000 {
        // Some are calls, one of which is sent, so that there's something to log.
        if number.isMultiple(of: 2_000) {
          let arguments: JSONValue = ["user_id": "sarah@example.com", "intent": .string(text)]
          let call = ["name": "notify_person", "arguments": arguments] as [String: JSONValue]
          process.write(Self.line(Int64(100_000 + number), "tools/call", call))
        }
        let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
          UInt8.random(in: 11...255, using: &random)
        }
        process.write(bytes + Array(text.utf8) + [0x0A])
      }
      process.write(Self.line(7, "tools/list"))
      let isListed: @Sendable (String) -> Bool = { $0.contains("\"id\":7") && $0.contains("notify_person") }
      _ = try await process.first { $0.output.contains(where: isListed) ? () : nil }
      process.closeInput()
      let end = try await process.finished()
      #expect(end.exitCode == 0)
      for line in end.output { #expect(try JSONValue(parsing: Array(line.utf8))["jsonrpc"] == "2.0") }
      #expect(end.errors.isEmpty != isVerbose)
      for secret in [text, "sk_"] + people { #expect(!end.errorText.contains(secret), "\(secret)") }
    }
  }

  #if SQLiteSupport
  @Test("Discovery doesn't wait for a store that can't be opened, and calls say why they fail")
  func storeFails() async throws {
    let file = TemporaryFile()
    // A folder in place of the file.
    try FileManager.default.createDirectory(atPath: file.path, withIntermediateDirectories: true)
    try await Self.with(["--sandbox", "--allow-any", "--store", "sqlite:\(file.path)"]) { process in
      process.write(Self.line(1, "server/discover"))
      _ = try await process.output(count: 1)
      process.write(
        Self.line(
          2,
          "tools/call",
          ["name": "notify_person", "arguments": ["user_id": "sarah", "intent": "Hi"]]
        )
      )
      let lines = try await process.output(count: 2)
      let result = try JSONValue(parsing: Array(lines[1].utf8))["result"]
      #expect(result?["isError"] == true)
      let said = result?["content"]?.arrayValue?.first?["text"]?.stringValue ?? ""
      #expect(said.contains("can't open its store or its port, so nothing was sent"), "\(said)")
      #expect(said.contains("Tell your user: its standard error says why"), "\(said)")
      let path = file.path
      try await process.first { state in
        state.errors.contains { $0.hasPrefix("error: ") && $0.contains(path) } ? () : nil
      }
      process.closeInput()
      #expect(try await process.finished().exitCode == 0)
    }
  }

  @Test("The default store is in the user's state folder, and a second process knows what the first one sent")
  func stateFolder() async throws {
    let file = TemporaryFile()
    let folder = URL(filePath: file.path).deletingLastPathComponent().path
    try await SmoovenProcess.with(["sandbox", "--port", "0"]) { sandbox in
      let url = try await sandbox.listeningURL()
      let environment = ["XDG_STATE_HOME": folder, "SMOOVEN_SECRET_KEY": "sk_sandbox_0123456789abcdef"]
      let arguments = ["--base-url", url, "--allow", "sarah@example.com"]
      let call: JSONValue = [
        "user_id": "sarah@example.com", "intent": "Hi", "idempotency_key": "deploy-512",
      ]
      for _ in 0..<2 {
        try await Self.with(arguments, environment: environment) { process in
          process.write(Self.line(1, "tools/call", ["name": "notify_person", "arguments": call]))
          let lines = try await process.output(count: 1)
          let report = try JSONValue(parsing: Array(lines[0].utf8))["result"]?["structuredContent"]
          #expect(report?["outcome"] == "delivered", "\(lines)")
          process.closeInput()
          #expect(try await process.finished().exitCode == 0)
        }
      }
      #expect(FileManager.default.fileExists(atPath: folder + "/smooven/mcp.db"))
      #expect(try await Requests.list(url, "notifications").count == 1)
    }
  }
  #endif

  /// How a host ends a server.
  enum Ending: CaseIterable { case input, signal }

  #if SQLiteSupport
  @Test(
    "A send in progress when the server ends is completed, and its id is kept",
    arguments: Ending.allCases
  )
  func sendsUnderWay(ending: Ending) async throws {
    let (file, gate) = (TemporaryFile(), Watched(false))
    var server = CrashingServer()
    server.beforeAnswer = { (try? await gate.first { $0 ? true : nil }) ?? false }
    try await server.serving { [server] url in
      let arguments = ["--base-url", url, "--allow-any", "--store", "sqlite:\(file.path)", "--verbose"]
      let environment = ["SMOOVEN_SECRET_KEY": CrashingServer.key]
      try await Self.with(arguments, environment: environment) { process in
        let call: JSONValue = ["user_id": "sarah", "intent": "Hi", "idempotency_key": "deploy-512"]
        process.write(Self.line(1, "tools/call", ["name": "notify_person", "arguments": call]))
        _ = try await server.callbackURL()
        switch ending {
        case .input: process.closeInput()
        case .signal: process.signal(SIGTERM)
        }
        // It's on its way out, and the response arrives only now.
        try await process.first { state in
          state.errors.contains { $0.contains("waiting until what is being sent") } ? () : nil
        }
        gate.update { $0 = true }
        let end = try await process.finished()
        #expect(end.exitCode == 0 && end.output.isEmpty)
      }
      try await Self.with(arguments, environment: environment) { process in
        let call: JSONValue = ["handle": "deploy-512"]
        process.write(Self.line(1, "tools/call", ["name": "explain_delivery", "arguments": call]))
        let lines = try await process.output(count: 1)
        let report = try JSONValue(parsing: Array(lines[0].utf8))["result"]?["structuredContent"]
        #expect(report?["notification_id"] == "ntf_1", "\(lines)")
        process.closeInput()
        _ = try await process.finished()
      }
    }
  }
  #endif

  @Test("A port in use is an error, and the exit code says so")
  func portTaken() async throws {
    let port = try await SilentPort.open()
    let end = try await SmoovenProcess.run(
      ["mcp", "--sandbox", "--allow-any", "--http", "127.0.0.1:\(port.port)", "--token", "0123456789abcdef"]
    )
    #expect(end.exitCode == 1)
    #expect(end.errorText.contains("error: port \(port.port) is already in use"), "\(end.errorText)")
    await port.close()
  }

  @Test("Without a public URL it asks for the status, and offers no questions", arguments: [false, true])
  func polls(isReachable: Bool) async throws {
    let file = TemporaryFile()
    let port = try await SilentPort.free()
    let arguments =
      ["--base-url", "https://smooven.invalid:\(port)", "--allow", "sarah"]
      + (isReachable ? ["--public-url", "https://agent.example.com"] : [])
    let environment = ["SMOOVEN_SECRET_KEY": "sk_live_0123456789abcdef", "XDG_STATE_HOME": file.path]
    try await Self.with(arguments, environment: environment) { process in
      process.write(Self.line(1, "tools/list"))
      let list = try await process.output(count: 1)
      #expect(list[0].contains("\"name\":\"ask_person\"") == isReachable)
      // It's ready to send, which without a public URL only a client that polls is.
      let call: JSONValue = ["user_id": "sarah", "intent": "Hi"]
      process.write(Self.line(2, "tools/call", ["name": "notify_person", "arguments": call]))
      let lines = try await process.output(count: 2)
      #expect(lines[1].contains("smooven.invalid:\(port) could not be reached"), "\(lines)")
      process.closeInput()
      let end = try await process.finished()
      #expect(end.exitCode == 0)
      #expect(end.errors.contains { $0.hasPrefix("no --public-url") } == !isReachable, "\(end.errors)")
    }
  }

  @Test("The definitions of the tools are printed")
  func printTools() async throws {
    let end = try await SmoovenProcess.run(["mcp", "--print-tools"])
    let tools = try JSONValue(parsing: Array(end.output.joined().utf8)).arrayValue ?? []
    #expect(end.exitCode == 0 && tools.compactMap { $0["name"]?.stringValue }.contains("wait_for"))
  }

  @Test(
    "Wrong options are usage errors that say what to write",
    arguments: [
      (["--sandbox"], "--allow"), (["--sandbox", "--allow", "a", "--allow-any"], "not both"),
      (["--sandbox", "--allow-any", "--limit", "0"], "--limit"),
      (["--sandbox", "--allow-any", "--slice", "20m"], "--slice"),
      (["--sandbox", "--allow-any", "--http", "127.0.0.1:0"], "--token"),
      (["--sandbox", "--allow-any", "--http", "127.0.0.1:0", "--token", "short"], "16 bytes"),
    ]
  )
  func usage(arguments: [String], message: String) async throws {
    let end = try await SmoovenProcess.run(["mcp"] + arguments)
    #expect(end.exitCode == 64 && end.errorText.contains(message), "\(end.errorText)")
    #expect(end.output.isEmpty)
  }

  @Test("SIGTERM ends the process")
  func signal() async throws {
    try await Self.with { process in
      process.write(Self.line(1, "server/discover"))
      _ = try await process.output(count: 1)
      process.signal(SIGTERM)
      #expect(try await process.finished().exitCode == 0)
    }
  }
}
