import Foundation
import SmoovenSupport
import Synchronization
import TestSupport

/// A program that runs as a subprocess: `smooven` itself, or a server that it connects to.
final class SmoovenProcess: Sendable {
  /// What is known about the process at one moment.
  struct State: Sendable {
    var output: [String] = []
    var errors: [String] = []
    var openPipes = 2
    /// The exit code, or the negative signal of a process that a signal ended.
    var exitCode: Int32?

    var isOver: Bool { exitCode != nil && openPipes == 0 }
  }

  private let process: Process
  private let state = Watched(State())
  /// The other end of its standard input, if it has one.
  private let input = Mutex<FileHandle?>(nil)

  private init(
    _ program: Program,
    _ arguments: [String],
    environment: [String: String],
    hasInput: Bool
  ) throws {
    process = Process()
    process.executableURL = try program.executable
    process.arguments = try program.leadingArguments + arguments
    process.environment = Self.quietEnvironment.merging(environment) { _, new in new }
    // A pipe that another process inherits by accident would never end, so processes are started one at a time.
    try Self.starting.withLock { _ in
      let (output, errors) = (Pipe(), Pipe())
      if hasInput {
        let pipe = Pipe()
        process.standardInput = pipe
        // Only this process may hold it. Otherwise, the end of the input would never be seen.
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        input.withLock { $0 = pipe.fileHandleForWriting }
      } else {
        process.standardInput = FileHandle.nullDevice
      }
      process.standardOutput = output
      process.standardError = errors
      process.terminationHandler = { [state] process in
        let code = process.terminationStatus
        state.update { $0.exitCode = process.terminationReason == .exit ? code : -code }
      }
      try process.run()
      read(output.fileHandleForReading) { $0.output.append($1) }
      read(errors.fileHandleForReading) { $0.errors.append($1) }
    }
  }

  private static let starting = Mutex(())

  /// The environment of the tests, without any variable of `smooven`.
  private static var quietEnvironment: [String: String] {
    ["PATH": SystemProgram.searchPath, "HOME": NSTemporaryDirectory(), "TERM": "xterm", "LC_ALL": "C.UTF-8"]
  }

  private func read(
    _ handle: FileHandle,
    append: @escaping @Sendable (inout State, String) -> Void
  ) {
    Thread.detachNewThread { [state] in
      var rest: [UInt8] = []
      while case let data = handle.availableData, !data.isEmpty {
        rest += data
        let lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Array(lines.last ?? [])
        let whole = lines.dropLast().map { String(decoding: $0, as: UTF8.self) }
        state.update { state in for line in whole { append(&state, line) } }
      }
      // Foundation keeps the pipes of processes that have ended. With more than a thousand of them, it crashes when it
      // starts the next one, because it reads beyond the list of open descriptors.
      try? handle.close()
      let last = String(decoding: rest, as: UTF8.self)
      state.update { state in
        if !last.isEmpty { append(&state, last) }
        state.openPipes -= 1
      }
    }
  }

  // MARK: Use

  /// Runs a program while a closure runs, and then ends it.
  static func with<Result>(
    _ arguments: [String],
    as program: Program = .smooven,
    environment: [String: String] = [:],
    hasInput: Bool = false,
    _ body: (SmoovenProcess) async throws -> Result
  ) async throws -> Result {
    let process = try SmoovenProcess(program, arguments, environment: environment, hasInput: hasInput)
    defer { process.kill() }
    return try await body(process)
  }

  /// Runs a program to its end.
  static func run(
    _ arguments: [String],
    as program: Program = .smooven,
    environment: [String: String] = [:]
  ) async throws -> State {
    try await with(arguments, as: program, environment: environment) { try await $0.finished() }
  }

  /// Writes to its standard input.
  ///
  /// If the process has ended, this does nothing.
  func write(_ bytes: [UInt8]) {
    input.withLock { try? $0?.write(contentsOf: bytes) }
  }

  /// Closes its standard input.
  func closeInput() {
    input.withLock { input in
      try? input?.close()
      input = nil
    }
  }

  /// What is known now.
  var now: State { state.read { $0 } }

  /// Waits until the process and its output have ended.
  func finished() async throws -> State {
    try await first { $0.isOver ? $0 : nil }
  }

  /// Waits until a closure finds something in what is known.
  ///
  /// - Throws: ``ProcessEnded`` if the process ends before.
  func first<Result: Sendable>(_ find: @escaping @Sendable (State) -> Result?) async throws -> Result {
    try await state.first { state in
      if let result = find(state) { return result }
      if state.isOver { throw ProcessEnded(state: state) }
      return nil
    }
  }

  /// Returns the URL of a server, once it reports on standard error that it listens.
  func listeningURL() async throws -> String {
    let prefix = "listening on "
    let line = try await first { state in state.errors.first { $0.hasPrefix(prefix) } }
    return String(line.dropFirst(prefix.count))
  }

  /// Waits for a number of lines on standard output.
  func output(count: Int) async throws -> [String] {
    try await first { $0.output.count >= count ? $0.output : nil }
  }

  #if os(Linux)
  /// The time for which the process has used processors, in user mode and in the kernel.
  var processorTime: Duration {
    get throws {
      let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
      // The second field is a name in parentheses, and the 14th and 15th are the times in hundredths of a second.
      let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
      return .milliseconds(10 * fields.dropFirst(11).prefix(2).compactMap { Int($0) }.reduce(0, +))
    }
  }

  /// Whether the process has a TCP port on which it accepts connections.
  var listensOnTCP: Bool {
    get throws {
      let folder = "/proc/\(process.processIdentifier)"
      let files = FileManager.default
      // A descriptor may be closed while the list is read.
      let own = Set(
        try files.contentsOfDirectory(atPath: "\(folder)/fd")
          .compactMap { try? files.destinationOfSymbolicLink(atPath: "\(folder)/fd/\($0)") }
      )
      return try ["tcp", "tcp6"].contains { name in
        try String(contentsOfFile: "\(folder)/net/\(name)", encoding: .utf8).split(separator: "\n")
          .dropFirst()
          .contains { line in
            let fields = line.split(separator: " ")
            // The fourth field is the state, of which 0A is listening, and the tenth is the inode.
            return fields.count > 9 && fields[3] == "0A" && own.contains("socket:[\(fields[9])]")
          }
      }
    }
  }
  #endif

  /// Sends a signal, if the process still exists.
  func signal(_ signal: CInt) {
    if process.isRunning { _ = Foundation.kill(process.processIdentifier, signal) }
  }

  private func kill() {
    closeInput()
    signal(SIGKILL)
  }
}

/// The error that a process ended while something was awaited from it.
struct ProcessEnded: Error, CustomStringConvertible {
  let state: SmoovenProcess.State

  var description: String {
    "ended with \(state.exitCode ?? -1)\nstdout: \(state.output)\nstderr: \(state.errors)"
  }
}
