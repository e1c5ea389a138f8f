import Foundation
import TestSupport
import Testing

/// Debian's Chromium, driven by Playwright for Python.
enum Chromium {
  /// The picture of each page of the tests.
  static let pictures = PeerEnvironment.root.appending(path: ".build/pictures").path(percentEncoded: false)

  /// Drives it with a script of the folder `Browser`.
  ///
  /// - Returns: What the script printed.
  @discardableResult
  static func run(_ script: String, _ arguments: [String]) async throws -> SmoovenProcess.State {
    let end = try await SmoovenProcess.run(
      arguments,
      as: .browser(script),
      environment: ["SMOOVEN_PICTURES": pictures]
    )
    try #require(end.exitCode == 0, "\(end.output.joined(separator: "\n"))\n\(end.errorText)")
    return end
  }
}
