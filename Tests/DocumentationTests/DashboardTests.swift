import Foundation
import SmoovenCallbacks
import TestSupport
import Testing

@Suite("The Grafana dashboard") struct DashboardTests {
  private static let path = "DocC/Smooven.docc/grafana-smooven.json"

  /// The expressions of all panels.
  private static func expressions() throws -> [String] {
    let dashboard = try JSONValue(parsing: Array(PackageFiles.text(path).utf8))
    return (dashboard["panels"]?.arrayValue ?? []).flatMap { panel in
      (panel["targets"]?.arrayValue ?? []).compactMap { $0["expr"]?.stringValue }
    }
  }

  @Test("Each of its metrics exists, with its dimensions")
  func metrics() throws {
    let page = try PackageFiles.text("DocC/Smooven.docc/OperatingTheListener.md")
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `smooven_") }
    let expressions = try Self.expressions()
    #expect(expressions.count > 10)
    for expression in expressions {
      for match in expression.matches(of: #/smooven_[a-z_]+/#) {
        // A timer becomes a histogram.
        let name = String(match.output).replacing(#/_(bucket|sum|count)$/#, with: "")
        let row = rows.first { $0.hasPrefix("| `\(name)` |") }
        let exists = row != nil
        #expect(exists, "\(name) isn't in the table of metrics")
        if match.output.hasSuffix("_bucket") {
          #expect(row?.contains("| timer |") == true, "\(name) isn't a timer")
        }
        for dimension in expression.matches(of: #/by \(([a-z]+)\)/#).map(\.output.1) where dimension != "le" {
          let hasDimension = row?.contains("| `\(dimension)` |") == true
          #expect(hasDimension, "\(name) has no dimension \(dimension)")
        }
      }
    }
  }

  @Test(
    "Prometheus can read its expressions",
    .needs(.python)
  )
  func parsed() throws {
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = try PeerEnvironment.callbacks.python
    process.arguments = [
      "-c", "import sys, promql_parser\nfor line in sys.stdin: print(promql_parser.parse(line.strip()))",
    ]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let expressions = try Self.expressions()
    try input.fileHandleForWriting.write(contentsOf: Data((expressions.joined(separator: "\n") + "\n").utf8))
    try input.fileHandleForWriting.close()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.split(separator: "\n").count == expressions.count)
  }
}
