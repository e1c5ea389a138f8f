import Foundation
import SmoovenCallbacks
import SmoovenTesting
import Testing

/// Standard output that can't be written: its reader is gone, or the disk is full.
@Suite("Standard output that fails", .throttled, .timeLimit(.minutes(5)))
struct OutputFailureTests {
  static let listen = [
    "listen", "--provider", "smooven", "--port", "0", "--json", "--secret", "smooven=\(Listening.key)",
  ]

  @Test("A listener ends with its reader, without another event")
  func readerGone() async throws {
    let shell = Program.smoovenInShell(#"set -o pipefail; "$0" "$@" | head -n 1"#)
    try await SmoovenProcess.with(Self.listen, as: shell) { process in
      let listener = Listening(process: process, url: try await process.listeningURL())
      #expect(try await listener.send(id: "ntf_1") == 200)
      let end = try await process.finished()
      #expect(end.exitCode == 0, "\(end.errors)")
      #expect(end.output.count == 1)
    }
  }

  @Test("A sandbox ends with its reader")
  func sandbox() async throws {
    let shell = Program.smoovenInShell(#"set -o pipefail; "$0" "$@" | true"#)
    let end = try await SmoovenProcess.run(["sandbox", "--port", "0"], as: shell)
    #expect(end.exitCode == 0)
  }

  @Test("On a full disk a listener says what was lost, and ends with 1", .enabled(if: hasFullDisk))
  func fullDisk() async throws {
    let shell = Program.smoovenInShell(#"exec "$0" "$@" > /dev/full"#)
    try await SmoovenProcess.with(Self.listen, as: shell) { process in
      let listener = Listening(process: process, url: try await process.listeningURL())
      #expect(try await listener.send(id: "ntf_1") == 200)
      let end = try await process.finished()
      #expect(end.exitCode == 1)
      #expect(end.errorText.contains("No space left on device; 1 accepted events were not printed"))
    }
  }

  @Test(
    "Every other command says so, and ends with 1",
    .enabled(if: hasFullDisk),
    arguments: [
      ["send", "Hi", "--user", "sarah", "--sandbox", "--json"],
      ["send", "Hi", "--user", "fail", "--sandbox"],
      ["sign", "--provider", "smooven", "--secret", "sk_test_0123456789", "/dev/null"],
      ["mcp", "--print-tools"], ["--version"], ["--help"],
    ]
  )
  func others(arguments: [String]) async throws {
    let end = try await SmoovenProcess.run(arguments, as: .smoovenInShell(#"exec "$0" "$@" > /dev/full"#))
    #expect(end.exitCode == 1)
    if arguments.count > 1 { #expect(end.errorText.contains("standard output: No space left on device")) }
  }

  static var hasFullDisk: Bool { FileManager.default.fileExists(atPath: "/dev/full") }
}
