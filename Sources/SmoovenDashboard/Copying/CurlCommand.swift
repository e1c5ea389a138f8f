internal import Foundation

/// The command that sends a request again, for a POSIX shell.
struct CurlCommand {
  let text: String

  /// Fields that curl writes itself, or that belong to a connection.
  private static let skipped: Set<String> = [
    "content-length", "connection", "transfer-encoding", "host", "accept-encoding", "keep-alive", "expect",
  ]

  init(_ request: DashboardRequest, people: People) {
    let shown = String(validating: request.body, as: UTF8.self).map(people.shortened)
    var lines: [String] = []
    var notes: [String] = []
    if request.body.count < request.bodySize {
      notes.append("# only the beginning of the body was kept: no signature matches it")
    } else if let shown, Array(shown.utf8) != request.body {
      notes.append("# addresses are shortened, so the signature doesn't match: --show-people shows them")
    }
    lines.append(
      "curl --globoff -i -X \(Self.quoted(request.method)) \(Self.quoted(request.url ?? "http://localhost" + request.path))"
    )
    for field in request.fields where !Self.skipped.contains(field.name.lowercased()) {
      lines.append("  -H \(Self.quoted("\(field.name): \(people.shortened(field.value))"))")
    }
    var command = lines
    if let shown, Self.isPlain(shown) {
      command.append("  --data-binary \(Self.quoted(shown))")
      text = (notes + [command.joined(separator: " \\\n")]).joined(separator: "\n")
    } else {
      command.append("  --data-binary @-")
      let encoded = Data(shown.map { Array($0.utf8) } ?? request.body).base64EncodedString()
      let whole = "printf %s \(Self.quoted(encoded)) | base64 -d | \(command.joined(separator: " \\\n"))"
      text = (notes + [whole]).joined(separator: "\n")
    }
  }

  /// Indicates whether a body can be an argument.
  ///
  /// One that begins with `@` would be the name of a file.
  private static func isPlain(_ text: String) -> Bool {
    !text.hasPrefix("@")
      && text.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control: scalar == "\n" || scalar == "\t"
        case .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
      }
  }

  /// A word of a shell that means nothing but itself.
  static func quoted(_ text: String) -> String {
    "'\(text.replacing("'", with: "'\\''"))'"
  }
}
