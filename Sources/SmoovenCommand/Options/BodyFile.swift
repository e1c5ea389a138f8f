import Foundation

/// A body from a file, or from standard input for `-` and for none.
enum BodyFile {
  /// Reads all bytes as they are: a line feed at the end belongs to the body too.
  static func read(_ path: String?) throws -> [UInt8] {
    guard let path, path != "-" else {
      return Array(try FileHandle.standardInput.readToEnd() ?? Data())
    }
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
