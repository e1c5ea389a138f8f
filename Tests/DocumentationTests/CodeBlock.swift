/// A fenced block of a Markdown file.
struct CodeBlock: CustomStringConvertible {
  let document: String
  let language: String
  /// The number of the block's first line in the document.
  let line: Int
  let lines: [Substring]

  var description: String { "\(document):\(line) (\(lines.first ?? ""))" }

  /// Returns the fenced blocks of a document, in order.
  static func all(in text: String, of document: String) -> [CodeBlock] {
    var blocks: [CodeBlock] = []
    var open: (language: String, line: Int, lines: [Substring])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard line.hasPrefix("```") else {
        open?.lines.append(line)
        continue
      }
      if let (language, line, lines) = open {
        blocks.append(CodeBlock(document: document, language: language, line: line, lines: lines))
        open = nil
      } else {
        open = (String(line.dropFirst(3)), index + 2, [])
      }
    }
    return blocks
  }

  /// Returns the fenced blocks of a source's doc comments, in order.
  static func all(inCommentsOf source: String, at path: String) -> [CodeBlock] {
    let comments = source.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let line = line.drop { $0 == " " }
      guard line.hasPrefix("///") else { return Substring() }
      let text = line.dropFirst(3)
      return text.hasPrefix(" ") ? text.dropFirst() : text
    }
    return all(in: comments.joined(separator: "\n"), of: path)
  }

  /// Returns whether the block occurs in a source, line by line, apart from an indentation that all lines share.
  func occurs(in source: [Substring]) -> Bool {
    guard let first = lines.first, source.count >= lines.count else { return false }
    return (0...(source.count - lines.count)).contains { start in
      let indentation = source[start].prefix(while: { $0 == " " }).count - first.prefix { $0 == " " }.count
      guard indentation >= 0 else { return false }
      let prefix = String(repeating: " ", count: indentation)
      return zip(lines, source[start...]).allSatisfy { line, candidate in
        line.isEmpty ? candidate.isEmpty : candidate == prefix + line
      }
    }
  }
}
