import Foundation

/// The path of a file that is removed after the test, with all files that belong to it.
final class TemporaryFile: Sendable {
  private let folder: URL
  let path: String

  init() {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("smooven-\(UUID().uuidString)")
    path = folder.appendingPathComponent("store.sqlite").path
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}
