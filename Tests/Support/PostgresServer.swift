#if PostgresSupport
import Foundation

/// A real server in a temporary folder.
///
/// It's reached through a Unix socket, and ends with the process of the tests.
package final class PostgresServer: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
  }

  package let folder: String
  private let script: ServerScript
  private let bin: String

  /// The folder of the server's programs, or `nil` if they aren't installed.
  private static let programs: String? = {
    let folders =
      (14...30).reversed().map { "/usr/lib/postgresql/\($0)/bin" } + ["/opt/homebrew/bin", "/usr/bin"]
    let found = folders.first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    if found == nil {
      print("PostgreSQL's server isn't installed, so its store isn't tested: apt-get install postgresql")
    }
    return found
  }()

  /// Whether the tests can run.
  ///
  /// They must in CI.
  package static let isAvailable = programs != nil || SystemProgram.isCI

  /// The server that most tests share.
  package static let shared = Result { try PostgresServer() }

  /// Starts a server.
  ///
  /// - Parameter settings: Settings of the server.
  /// - Throws: ``Failure`` if it can't be started.
  package init(_ settings: [String] = ["fsync=off"]) throws {
    guard let bin = Self.programs else { throw Failure(description: "initdb wasn't found") }
    self.bin = bin
    folder = "/tmp/smooven-pg-\(UInt32.random(in: .min ... .max))"
    if getuid() == 0 {
      try Self.run("/usr/bin/install", ["-d", "-o", "postgres", "-m", "700", folder])
    } else {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    let options =
      (["listen_addresses=", "unix_socket_directories=\(folder)", "max_connections=300"] + settings)
      .map { "-c \($0)" }.joined(separator: " ")
    let script = """
      set -e
      export LC_ALL=C.UTF-8
      \(bin)/initdb -A trust -U postgres -E UTF8 -N -D \(folder)/data >\(folder)/log 2>&1
      \(bin)/pg_ctl -w -D \(folder)/data -l \(folder)/log -o "\(options)" start >/dev/null 2>&1
      echo started
      cat >/dev/null
      \(bin)/pg_ctl -D \(folder)/data -m immediate stop >/dev/null 2>&1
      rm -rf \(folder)
      """
    do {
      self.script = try ServerScript(script)
    } catch {
      let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
      throw Failure(description: "the server didn't start: \(log.suffix(1_000))")
    }
  }

  /// Ends the server.
  package func stop() { script.stop() }

  /// Returns the address of its database.
  package func url(user: String = "postgres", schema: String? = nil) -> String {
    let schema = schema.map { "&schema=\($0)" } ?? ""
    return "postgresql:///postgres?host=\(folder)&user=\(user)\(schema)"
  }

  /// Returns the path of one of the server's programs.
  package func program(_ name: String) -> String { "\(bin)/\(name)" }

  /// Restarts the server as after a crash.
  package func crash() throws {
    try Self.asOwner(
      "\(bin)/pg_ctl",
      ["-w", "-D", folder + "/data", "-m", "immediate", "-l", folder + "/log", "restart"]
    )
  }

  /// Ends the server immediately, and keeps its files.
  package func down() throws {
    try Self.asOwner("\(bin)/pg_ctl", ["-w", "-D", folder + "/data", "-m", "immediate", "stop"])
  }

  /// Starts the server again.
  package func up(_ options: String) throws {
    try Self.asOwner(
      "\(bin)/pg_ctl",
      ["-w", "-D", folder + "/data", "-l", folder + "/log", "-o", options, "start"]
    )
  }

  /// Runs a program as the server's owner, who isn't root.
  package static func asOwner(_ program: String, _ arguments: [String]) throws {
    if getuid() == 0 {
      try run("/usr/sbin/runuser", ["-u", "postgres", "--", program] + arguments)
    } else {
      try run(program, arguments)
    }
  }

  package static func run(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    // Foundation considers a program running while any process has a descriptor that it passes on, so a server that
    // `pg_ctl` leaves running must not inherit it.
    let script = #"for f in /dev/fd/*; do n=${f##*/}; ((n > 2)) && eval "exec $n>&-"; done; exec "$@""#
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", script, "bash", program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(program) ended with \(process.terminationStatus)")
    }
  }
}

/// Returns the name of a schema that no other test uses.
package func newSchema() -> String { "t\(UInt64.random(in: .min ... .max))" }
#endif
