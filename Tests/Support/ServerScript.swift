#if PostgresSupport
import Foundation

/// A shell script that runs a server as PostgreSQL's user, who isn't root.
///
/// It prints a line when the server is ready. Then it reads its input, which ends with this process, however that ends.
package final class ServerScript: Sendable {
  private let input = Pipe()

  /// Starts a script.
  ///
  /// - Throws: ``PostgresServer/Failure`` if it ends without printing a line.
  package init(_ script: String) throws {
    let process = Process()
    let isRoot = getuid() == 0
    process.executableURL = URL(fileURLWithPath: isRoot ? "/usr/sbin/runuser" : "/bin/sh")
    process.arguments = isRoot ? ["-u", "postgres", "--", "/bin/sh", "-c", script] : ["-c", script]
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    guard !output.fileHandleForReading.availableData.isEmpty else {
      throw PostgresServer.Failure(description: "the script of a server ended before it was ready")
    }
  }

  /// Ends the server.
  package func stop() { try? input.fileHandleForWriting.close() }
}
#endif
