#if os(Linux)
import Foundation
import Glibc
import Logging
import NIOCore
import SmoovenHTTP
import Synchronization
import TestSupport
import Testing

/// Each test runs in its own process, because it lowers the limits and uses up the files.
@Suite("A process that runs out of files", .timeLimit(.minutes(1)), .needs(.python))
struct FileExhaustionTests {
  private static let limit = 256

  @Test("With idle connections up to the limit, the others get a 503 and the open ones are served")
  func idleConnections() async throws {
    await #expect(processExitsWith: .success) {
      Self.closeInheritedFiles()
      try Self.setFileLimit(soft: Self.limit, hard: Self.limit)
      let record = LogRecord()
      try await withServer(logger: record.logger) { _, address in
        // Prints the status of each connection's response, or `-` without one. Those that were served stay open.
        let output = try await Self.python(
          """
          import socket
          def connect(): return socket.create_connection(("127.0.0.1", \(address.port)), timeout=5)
          def status(s):
              try: text = s.recv(100)
              except OSError: text = b""
              return text.split()[1].decode() if text else "-"
          def ask(s):
              try: s.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
              except OSError: pass
              return status(s)
          held = []
          while True:
              s = connect()
              answer = ask(s)
              if answer != "200": break
              held.append(s)
          print(len(held), answer, *(status(connect()) for _ in range(4)), ask(held[0]), ask(held[-1]), end=" ")
          for s in held: s.close()
          while ask(connect()) != "200": pass
          print("well")
          """
        )
        let words = output.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(words.dropFirst() == ["503", "503", "503", "503", "503", "200", "200", "well"])
        let served = try #require(words.first.flatMap { Int($0) })
        #expect((64...140).contains(served))
        let warnings = record.lines.withLock { $0.filter { $0.level > .debug } }
        #expect(warnings.map(\.level) == [.warning])
        #expect(warnings.allSatisfy { $0.text.contains("served") && $0.text.contains("\(served)") })
      }
    }
  }

  @Test("The soft limit is raised before connections are refused")
  func softLimit() async throws {
    await #expect(processExitsWith: .success) {
      let hard = try Self.fileLimit().rlim_max
      try Self.setFileLimit(soft: Self.limit, hard: Int(clamping: min(hard, 4_096)))
      let record = LogRecord()
      try await withServer(logger: record.logger) { _, _ in
        let soft = try Self.fileLimit().rlim_cur
        #expect(soft > Self.limit)
      }
    }
  }

  @Test("Without a file for a connection, the server waits for one, and uses little time while it does")
  func noFile() async throws {
    await #expect(processExitsWith: .success) {
      Self.closeInheritedFiles()
      try Self.setFileLimit(soft: Self.limit, hard: Self.limit)
      let record = LogRecord()
      let configuration = HTTPServerConfiguration {
        $0.idleTimeout = .seconds(2)
        $0.maximumConnections = 16
      }
      try await withServer(configuration, logger: record.logger) { _, address in
        let idle = try await RawClient.connect(to: address.port)
        try await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await idle.response()?.status == 200)

        let socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var files: [CInt] = []
        while case let file = dup(0), file >= 0 { files.append(file) }
        #expect(!files.isEmpty)
        try Self.connect(socket, to: address.port)

        // The idle connection is closed after two seconds, in which the other one waits.
        let start = clock()
        #expect(await idle.rest() == "")
        let used = Double(clock() - start) / Double(CLOCKS_PER_SEC)
        #expect(used < 0.5)

        for file in files { close(file) }
        let client = try await RawClient.adopt(socket)
        try await client.send("GET /waited HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await client.response()?.body == "GET /waited ")
        await client.close()
      }
      let lines = record.lines.withLock { $0 }
      #expect(lines.count { $0.level == .warning } == 1)
    }
  }
}

extension FileExhaustionTests {
  private static func fileLimit() throws -> rlimit {
    var limit = rlimit()
    try #require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
    return limit
  }

  private static func setFileLimit(soft: Int, hard: Int) throws {
    var limit = rlimit(rlim_cur: rlim_t(soft), rlim_max: rlim_t(hard))
    try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
  }

  /// Closes the files that a child inherits from the tests running in the parent.
  private static func closeInheritedFiles() {
    // The testing library lists its own by their numbers.
    let environment = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("SWT_") }
    let kept = Set(environment.values.compactMap { CInt($0) })
    for file in CInt(3)..<4_096 where !kept.contains(file) {
      // The files that this process opened itself are marked to be closed in its children.
      let flags = fcntl(file, F_GETFD)
      if flags >= 0, flags & FD_CLOEXEC == 0 { close(file) }
    }
  }

  /// Connects without the server's help, because the system completes the connection.
  private static func connect(_ socket: CInt, to port: Int) throws {
    let result = unsafe try SocketAddress(ipAddress: "127.0.0.1", port: port).withSockAddr { address, size in
      unsafe Glibc.connect(socket, address, socklen_t(size))
    }
    try #require(result == 0)
  }

  private static func python(_ script: String) async throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    return try await withCheckedThrowingContinuation { done in
      DispatchQueue.global().async {
        let data = Result { try output.fileHandleForReading.readToEnd() ?? Data() }
        done.resume(with: data.map { String(decoding: $0, as: UTF8.self) })
      }
    }
  }
}
#endif
