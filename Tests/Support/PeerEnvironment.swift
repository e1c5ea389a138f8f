package import Foundation
internal import Synchronization

/// The Python environments with third-party programs, which `.ci/interop` prepares.
package enum PeerEnvironment: String {
  case callbacks, mcp1, mcp2, postgres, browser

  /// The reason why an environment can't be used.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// The folder of the package.
  package static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let prepared = Mutex<Set<PeerEnvironment>>([])

  /// The path of its Python.
  ///
  /// - Throws: ``Failure`` if it couldn't be installed, so that no test is skipped unnoticed.
  package var python: URL {
    get throws {
      try Self.prepared.withLock { prepared in
        guard !prepared.contains(self) else { return }
        try prepare()
        prepared.insert(self)
      }
      let folder = self == .callbacks ? ".build-interop" : ".build-interop-\(rawValue)"
      return Self.root.appending(path: "\(folder)/bin/python")
    }
  }

  /// Installs it with a script, which defaults to that of the project.
  package func prepare(with script: URL? = nil) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let script = script ?? Self.root.appending(path: ".ci/interop")
    process.arguments = ["bash", script.path(percentEncoded: false), rawValue]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "the Python peers can't be installed: run .ci/interop. It said: \(text)")
    }
  }
}
