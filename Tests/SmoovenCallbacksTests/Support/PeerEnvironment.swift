import Foundation

/// The folder with the Python packages that some interop tests need.
///
/// It is made once, by `.ci/interop`, which has nothing to do where the packages are there already.
enum PeerEnvironment {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let preparation = Result { try prepare(with: root.appending(path: ".ci/interop")) }

  /// The path of its Python; throws what went wrong when it could not be made, so that no test is skipped unseen.
  static func python() throws -> String {
    try preparation.get()
    return root.appending(path: ".build-interop/bin/python").path(percentEncoded: false)
  }

  static func prepare(with script: URL) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["bash", script.path(percentEncoded: false)]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Script.Failure(
        description:
          "the Python peers of these tests could not be installed: run .ci/interop. It said: \(text)"
      )
    }
  }
}
