import Smooven
import SmoovenHTTP
import SmoovenSandbox
import Testing

@Suite("Names in the documentation") struct OperationsTests {
  private static let page = "DocC/Smooven.docc/OperatingTheListener.md"

  private static func sources(_ folders: String...) throws -> [(path: String, text: String)] {
    try folders.flatMap { folder in
      try PackageFiles.paths(under: folder, withExtension: "swift").map { ($0, try PackageFiles.text($0)) }
    }
  }

  private func expectDocumented(
    _ names: some Sequence<String>,
    in page: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for name in names {
      let isDocumented = page.contains("`\(name)`")
      #expect(isDocumented, "\(name) is not documented", sourceLocation: sourceLocation)
    }
  }

  @Test("Every metric")
  func metrics() throws {
    let page = try PackageFiles.text(Self.page)
    var names: Set<String> = []
    for (_, text) in try Self.sources("Sources") {
      for match in text.matches(of: #/"(smooven_(?:[a-z_]|\\\([^)]*\))*)"/#) {
        let name = String(match.output.1)
        if name.contains(#"\(disposition.rawValue)"#) {
          for disposition in CallbackDisposition.allCases where disposition != .matched {
            names.insert(name.replacing(#"\(disposition.rawValue)"#, with: disposition.rawValue))
          }
        } else {
          names.insert(name)
        }
      }
    }
    #expect(names.contains("smooven_waits_open"))
    expectDocumented(names, in: page)
  }

  @Test("Every reason for refusing a callback or a request")
  func reasons() throws {
    let page = try PackageFiles.text(Self.page)
    var reasons: Set<String> = []
    for (path, text) in try Self.sources("Sources/SmoovenCallbacks", "Sources/Smooven") {
      let literals = text.matches(of: #/(?:reason: |unavailable\()"([a-z_]+)"/#)
      reasons.formUnion(literals.map { String($0.output.1) })
      if path.hasSuffix("VerificationError.swift") {
        reasons.formUnion(
          text.matches(of: #/(?:Reason|Code)\(rawValue: "([a-z_]+)"\)/#).map { String($0.output.1) }
        )
      }
    }
    #expect(reasons.isSuperset(of: ["no_match", "no_room", "store"]))
    reasons.formUnion(HTTPRefusal.Reason.allCases.map(\.rawValue))
    expectDocumented(reasons, in: page)
  }

  @Test("Every reason why a callback is missing")
  func explanations() throws {
    let page = try PackageFiles.text("DocC/Smooven.docc/WhyNoCallback.md")
    var codes: Set<String> = []
    for (path, text) in try Self.sources("Sources/Smooven/Journal") {
      if path.contains("/ExplanationRules") {
        // A code may be one of two, which a condition chooses.
        for match in text.matches(of: #/code: (?:[A-Za-z]+ \? "([a-z_]+)" : )?"([a-z_]+)"/#) {
          if let first = match.output.1 { codes.insert(String(first)) }
          codes.insert(String(match.output.2))
        }
      } else if path.hasSuffix("/RefusalKind.swift") {
        codes.formUnion(text.matches(of: #/"(refused_[a-z]+)"/#).map { String($0.output.1) })
      }
    }
    #expect(codes.isSuperset(of: ["late", "not_sent", "refused", "refused_port", "store_alone"]))
    expectDocumented(codes, in: page)
  }

  @Test("Every log message and every span")
  func logs() throws {
    let page = try PackageFiles.text(Self.page)
    var count = 0
    for (_, text) in try Self.sources("Sources/Smooven", "Sources/SmoovenHTTP") {
      let messages = text.matches(of: #/logger\.[a-z]+\(\s*"([^"]+)"/#).map(\.output.1)
      let spans = text.matches(of: #/(?:withSpan|startSpan)\("([^"]+)"/#).map(\.output.1)
      for name in messages + spans {
        count += 1
        expectDocumented([String(name)], in: page)
      }
    }
    #expect(count > 0)
  }

  @Test(
    "Every setting of a limit",
    arguments: [
      ("Sources/Smooven/Listener/ListenerConfiguration.swift", "ListenerConfiguration/"),
      ("Sources/Smooven/Delivery/DeliveryLimits.swift", "DeliveryLimits/"),
      ("Sources/SmoovenSQLite/SQLiteStoreConfiguration.swift", ""),
    ]
  )
  func limits(source: String, type: String) throws {
    let page = try PackageFiles.text(Self.page)
    // Two spaces, for properties of the type itself and not of a nested one.
    let names = try PackageFiles.text(source).matches(of: #/\n  public var ([A-Za-z]+):/#).map {
      String($0.output.1)
    }
    #expect(names.count > 3)
    expectDocumented(names.filter { $0 != "tls" }.map { type + $0 }, in: page)
  }

  @Test("Every story of the sandbox")
  func scripts() throws {
    let page = try PackageFiles.text("DocC/Smooven.docc/TestingYourAgent.md")
    expectDocumented(SandboxScript.allCases.filter { $0 != .deliver }.map(\.rawValue), in: page)
  }
}
