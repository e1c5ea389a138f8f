import Foundation

/// The files of the package that the tests are part of.
enum PackageFiles {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Returns everything that is written for users.
  static func documents() throws -> [String] {
    try ["README.md", "CONTRIBUTING.md", "Sources/README.md"] + paths(under: "DocC", withExtension: "md")
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// Returns the paths of files below a folder, sorted alphabetically.
  static func paths(under folder: String, withExtension suffix: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
      .filter { $0.hasSuffix(".\(suffix)") }.sorted().map { "\(folder)/\($0)" }
  }
}
