package import Foundation
package import Testing

/// A program that some tests run, and that not every machine has.
///
/// Where it's missing, those tests are skipped, and say so in one line. In CI they run, and fail.
package enum SystemProgram: String, Sendable {
  case python = "python3"
  case node, openssl, chromium

  /// The folders in which programs are looked for, separated by colons.
  package static let searchPath =
    ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"

  /// Whether nothing may be missing.
  package static let isCI = ProcessInfo.processInfo.environment["CI"] != nil

  /// Returns where a program is, or `nil` if it isn't on the search path.
  package static func url(of name: String) -> URL? {
    searchPath.split(separator: ":")
      .map { URL(filePath: String($0)).appending(path: name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips tests on a machine without a program, but not in CI.
  package static func needs(_ program: SystemProgram) -> Self {
    let package = program == .node ? "nodejs" : program.rawValue
    return .enabled(
      if: SystemProgram.isCI || SystemProgram.url(of: program.rawValue) != nil,
      "\(program.rawValue) isn't installed: apt-get install \(package)"
    )
  }
}
