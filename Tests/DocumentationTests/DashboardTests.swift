import Foundation
import Smooven
import SmoovenCallbacks
import TestSupport
import Testing

@Suite("The Grafana dashboard") struct DashboardTests {
  private static let path = "DocC/Smooven.docc/grafana-smooven.json"

  /// The expressions of all panels, each with its legend.
  private static func targets() throws -> [(expression: String, legend: String)] {
    let dashboard = try JSONValue(parsing: Array(PackageFiles.text(path).utf8))
    return (dashboard["panels"]?.arrayValue ?? []).flatMap { panel in
      (panel["targets"]?.arrayValue ?? []).compactMap { target in
        target["expr"]?.stringValue.map { ($0, target["legendFormat"]?.stringValue ?? "") }
      }
    }
  }

  private static func expressions() throws -> [String] { try targets().map(\.expression) }

  @Test("No expression is outside of its panels")
  func all() throws {
    let count = try PackageFiles.text(Self.path).matches(of: #/"(expr|query)": "[^"]*smooven_/#).count
    #expect(try Self.expressions().count == count)
  }

  /// A metric, as the code records it.
  private struct Recorded {
    var type: String
    var dimensions: Set<String>
  }

  /// The metrics of the code by name.
  ///
  /// If two stores record one, its dimensions are those of both.
  private static func recorded() throws -> [String: Recorded] {
    var found: [String: Recorded] = [:]
    for path in try PackageFiles.paths(under: "Sources", withExtension: "swift") {
      let text = try PackageFiles.text(path)
      let labels = text.matches(
        of: #/(Counter|Gauge|Timer|Recorder|gauges)\(\s*(?:label: )?"(smooven_[^"]+)"/#
      )
      let dimensions = Set(text.matches(of: #/\("([a-z]+)", [$a-z]/#).map { String($0.output.1) })
      for label in labels {
        let (type, name) = (String(label.output.1), String(label.output.2))
        let rawValue = #"\(disposition.rawValue)"#
        let names =
          name.contains(rawValue)
          ? CallbackDisposition.allCases.filter { $0 != .matched }.map {
            name.replacing(rawValue, with: $0.rawValue)
          }
          : [name]
        for name in names {
          found[name, default: Recorded(type: type == "gauges" ? "Gauge" : type, dimensions: [])].dimensions
            .formUnion(dimensions)
        }
      }
    }
    return found
  }

  @Test("Each of its metrics is recorded by the code, as what the expression reads, with its labels")
  func recorded() throws {
    let recorded = try Self.recorded()
    #expect(recorded["smooven_callbacks_late_total"]?.type == "Counter")
    #expect(recorded["smooven_store_window_seconds"]?.type == "Gauge")
    for (expression, legend) in try Self.targets() {
      for match in expression.matches(of: #/(rate\()?(smooven_[a-z_]+)/#) {
        // A timer becomes a histogram.
        let name = String(match.output.2).replacing(#/_(bucket|sum|count)$/#, with: "")
        let isHistogram = name != match.output.2
        let metric = try #require(recorded[name], "\(name) isn't recorded")
        let type = isHistogram ? "Timer" : match.output.1 == nil ? "Gauge" : "Counter"
        #expect(metric.type == type, "\(expression) reads a \(metric.type)")
        let labels = Self.labels(of: expression).subtracting(isHistogram ? ["le"] : [])
        #expect(labels.isSubset(of: metric.dimensions), "\(expression): \(name) has \(metric.dimensions)")
      }
      let shown = Set(legend.matches(of: #/{{([a-z]+)}}/#).map { String($0.output.1) })
      #expect(shown.isSubset(of: Self.labels(of: expression)), "\(legend) isn't in \(expression)")
    }
  }

  /// The labels by which an expression groups, and those that it selects by.
  private static func labels(of expression: String) -> Set<String> {
    let groups = expression.matches(of: #/by \(([a-z, ]+)\)/#).flatMap { $0.output.1.split(separator: ", ") }
    let selected = expression.matches(of: #/[{,]\s*([a-z]+)\s*[=!]/#).map(\.output.1)
    return Set((groups + selected).map(String.init))
  }

  @Test("Each of its metrics is documented, with its dimensions")
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
