import Foundation

/// A body from a file, or from standard input if the path is `-` or missing.
enum BodyFile {
  /// Reads all bytes unchanged, including a line feed at the end, which belongs to the body.
  static func read(_ path: String?) throws -> [UInt8] {
    guard let path, path != "-" else {
      return Array(try FileHandle.standardInput.readToEnd() ?? Data())
    }
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
