import Foundation
import TestSupport

/// The program to run.
enum Program: Sendable {
  /// The executable under test.
  case smooven
  /// A script in the folder `Servers`, run by the interpreter that its extension asks for.
  case script(String)
  /// The driver of the browser, which some tests need.
  ///
  /// A script of the folder `Browser`, by the Python that drives the browser.
  case browser(String)
  /// The executable under test on a pseudo-terminal.
  case smoovenOnTerminal
  /// A script in the folder `Interop`, run by the Python of one of the environments of `.ci/interop`.
  case peer(String, environment: PeerEnvironment)
  /// The executable under test, in a shell as `"$0" "$@"`.
  case smoovenInShell(String)
  /// The executable under test, with a standard output that isn't read.
  case smoovenUnread
  /// Another program, by its path.
  case other(String)

  var executable: URL {
    get throws {
      switch self {
      case .smooven: try Self.smoovenURL
      case .browser: try PeerEnvironment.browser.python
      case .smoovenInShell: try Self.tool("bash")
      case .script(let name): try Self.tool(name.hasSuffix(".js") ? "node" : "python3")
      case .peer(_, let environment): try environment.python
      case .smoovenOnTerminal, .smoovenUnread: try Self.tool("python3")
      case .other(let path): URL(filePath: path)
      }
    }
  }

  var leadingArguments: [String] {
    get throws {
      switch self {
      case .smooven, .other: []
      case .browser(let name): [Self.file("Browser/\(name)")]
      case .script(let name): [Self.script(name)]
      case .smoovenInShell(let script): ["-c", script, try Self.smoovenURL.path]
      case .peer(let name, _): [Self.file("Interop/\(name)")]
      case .smoovenOnTerminal: [Self.script("terminal.py"), try Self.smoovenURL.path]
      case .smoovenUnread: [Self.script("unread.py"), try Self.smoovenURL.path]
      }
    }
  }

  private static func file(_ path: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: path).path(percentEncoded: false)
  }

  private static func script(_ name: String) -> String {
    Bundle.module.bundleURL.appendingPathComponent("Servers/\(name)").path
  }

  /// The executable is in the folder of the tests, in debug and in release builds.
  static var smoovenURL: URL {
    get throws {
      let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
      let directory = tests?.deletingLastPathComponent() ?? Bundle.main.bundleURL
      let url = directory.appendingPathComponent("smooven")
      guard FileManager.default.isExecutableFile(atPath: url.path) else { throw Missing(what: url.path) }
      return url
    }
  }

  private static func tool(_ name: String) throws -> URL {
    guard let url = SystemProgram.url(of: name) else { throw Missing(what: "\(name) on the search path") }
    return url
  }

  /// A program that the tests can't do without.
  struct Missing: Error, CustomStringConvertible {
    let what: String

    var description: String { "these tests need \(what), which is not there" }
  }
}
