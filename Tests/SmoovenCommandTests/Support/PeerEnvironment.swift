import Foundation
import Synchronization

/// The Python environments with other people's clients, which `.ci/interop` prepares.
enum PeerEnvironment {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let prepared = Mutex<Set<String>>([])

  /// The Python of an environment; throws what went wrong if it couldn't be made, so that no test is skipped unseen.
  static func python(_ name: String) throws -> URL {
    try prepared.withLock { prepared in
      if !prepared.contains(name) {
        try prepare(name)
        prepared.insert(name)
      }
    }
    return root.appending(path: ".build-interop-\(name)/bin/python")
  }

  /// The path of a script of the folder `Interop`.
  static func script(_ name: String) -> String {
    root.appending(path: "Tests/SmoovenCommandTests/Interop/\(name)").path(percentEncoded: false)
  }

  private static func prepare(_ name: String) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["bash", root.appending(path: ".ci/interop").path(percentEncoded: false), name]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Program.Missing(what: "Python clients, which .ci/interop \(name) couldn't install (\(text)),")
    }
  }
}
