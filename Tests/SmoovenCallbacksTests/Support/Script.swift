import Foundation
import Testing

/// A program in another language, in the folder of the interop tests.
struct Script {
  let interpreter: String
  let file: String

  static let node = Script(interpreter: "node", file: "sign.mjs")
  static let python = Script(interpreter: "python3", file: "sign.py")

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Passes lines to the program, and returns the lines that it prints.
  func run(_ lines: [String]) throws -> [String] {
    // Input is passed in a file, because a pipe to a program that has died would end the tests with it.
    let input = FileManager.default.temporaryDirectory.appending(path: "smooven-\(UUID().uuidString)")
    try Data(lines.joined(separator: "\n").utf8).write(to: input)
    defer { try? FileManager.default.removeItem(at: input) }

    let output = Pipe()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [interpreter, Self.folder.appending(path: file).path(percentEncoded: false)]
    process.standardInput = try FileHandle(forReadingFrom: input)
    process.standardOutput = output
    try process.run()
    let answer = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(
        description: "\(interpreter) ended with \(process.terminationStatus); these tests need it on the path"
      )
    }
    return String(decoding: answer, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Interop")
}

extension Script: CustomTestStringConvertible {
  var testDescription: String { interpreter }
}
