import Testing

@Suite("Code in the documentation") struct CodeBlockTests {
  /// The blocks of the documents and of the doc comments.
  private static func blocks() throws -> [CodeBlock] {
    let documents = try PackageFiles.documents()
      .flatMap { CodeBlock.all(in: try PackageFiles.text($0), of: $0) }
    let comments = try PackageFiles.paths(under: "Sources", withExtension: "swift")
      .flatMap { CodeBlock.all(inCommentsOf: try PackageFiles.text($0), at: $0) }
    #expect(!documents.isEmpty && !comments.isEmpty)
    return documents + comments
  }

  @Test("Every block of Swift is part of a sample, so it compiles")
  func swift() throws {
    let sources = try PackageFiles.paths(under: "Samples", withExtension: "swift").map { path in
      try PackageFiles.text(path).split(separator: "\n", omittingEmptySubsequences: false)
    }
    for block in try Self.blocks() where block.language == "swift" {
      let isSample = sources.contains(where: block.occurs)
      #expect(isSample, "\(block) isn't part of any file under Samples")
    }
  }

  @Test("Every block names its language, so none escapes the checks")
  func languages() throws {
    for block in try Self.blocks() {
      #expect(["swift", "text", "bash", "json"].contains(block.language), "\(block)")
    }
  }

  @Test("A block is found at any indentation, and only as a whole")
  func matching() {
    let source = "func f() {\n  if true {\n    g()\n\n  }\n}".split(
      separator: "\n",
      omittingEmptySubsequences: false
    )
    let block = CodeBlock.all(in: "Text\n```swift\nif true {\n  g()\n\n}\n```", of: "A.md")[0]
    #expect(block.line == 3)
    #expect(block.occurs(in: source))
    #expect(!CodeBlock.all(in: "```swift\nif true {\ng()\n```", of: "A.md")[0].occurs(in: source))
    #expect(!CodeBlock.all(in: "```swift\nif true {\n  h()\n```", of: "A.md")[0].occurs(in: source))
  }

  @Test("Links between files lead to files that exist")
  func links() throws {
    for document in try PackageFiles.documents() {
      let folder = document.split(separator: "/").dropLast().map { "\($0)/" }.joined()
      for link in try PackageFiles.text(document).matches(of: #/\]\((?!https?:|#)([^)#]+)/#) {
        #expect(PackageFiles.exists(folder + link.output.1), "\(document) links to \(link.output.1)")
      }
    }
  }
}
