internal import Foundation
internal import Smooven

/// The command that sends a request again, for a POSIX shell.
struct CurlCommand {
  let text: String

  /// Fields that curl writes itself, or that belong to a connection.
  private static let skipped: Set<String> = [
    "content-length", "connection", "transfer-encoding", "host", "accept-encoding", "keep-alive", "expect",
  ]

  init(_ request: DashboardRequest, mask: RecipientMask?) {
    let shown = request.shownBody(mask)
    var lines: [String] = []
    var notes: [String] = []
    if shown == nil, mask != nil {
      let why = request.isComplete ? "isn't JSON" : "wasn't kept as a whole"
      notes.append(
        "# the body of \(request.bodySize) bytes isn't shown, because it \(why): put yours on standard input"
      )
    } else if !request.isComplete {
      notes.append("# only the beginning of the body was kept: no signature matches it")
    } else if let shown, Array(shown.utf8) != request.body {
      notes.append("# addresses are shortened, so the signature doesn't match: --show-people shows them")
    }
    let url = mask.text(request.url ?? "http://localhost" + request.path)
    lines.append("curl --globoff -i -X \(Self.quoted(request.method)) \(Self.quoted(url))")
    for field in request.fields where !Self.skipped.contains(field.name.lowercased()) {
      lines.append("  -H \(Self.quoted("\(mask.text(field.name)): \(mask.text(field.value))"))")
    }
    let isArgument = shown.map(Self.isPlain) ?? false
    lines.append("  --data-binary \(isArgument ? Self.quoted(shown ?? "") : "@-")")
    var command = lines.joined(separator: " \\\n")
    if !isArgument, let bytes = shown.map({ Array($0.utf8) }) ?? (mask == nil ? request.body : nil) {
      command = "printf %s \(Self.quoted(Data(bytes).base64EncodedString())) | base64 -d | \(command)"
    }
    text = (notes + [command]).joined(separator: "\n")
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
