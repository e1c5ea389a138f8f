internal import Foundation

/// The directory where a user's programs keep what should survive a restart (XDG Base Directory Specification).
enum StateFolder {
  /// Returns the path of a file in the directory, which is created if it's missing.
  ///
  /// - Throws: An error of the file system.
  static func path(_ name: String) throws -> String {
    // According to the specification, an empty or relative path is ignored.
    let given = Environment.value("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
    let state = given ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.local/state"
    let folder = state + "/smooven"
    try FileManager.default.createDirectory(
      atPath: folder,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    return "\(folder)/\(name)"
  }
}
