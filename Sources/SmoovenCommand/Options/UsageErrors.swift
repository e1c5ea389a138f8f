internal import ArgumentParser

/// The errors that the parser of arguments doesn't explain well, or must not print.
enum UsageErrors {
  /// Returns the message for a command that doesn't exist, with the one that was probably meant, or `nil` if there's none.
  static func unknownCommand(in arguments: [String]) -> String? {
    let known =
      SmoovenCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard let name = arguments.first, !name.hasPrefix("-"), !known.contains(name) else { return nil }
    // What doesn't look like a word isn't repeated: it may be a key.
    let shown = name.count <= 20 && name.allSatisfy { $0.isASCII && $0.isLetter } ? " \(name)" : ""
    let nearest = known.map { (name: $0, distance: distance(name.lowercased(), $0)) }
      .min { $0.distance < $1.distance }
    let hint =
      nearest.flatMap { $0.distance <= 2 ? "Did you mean smooven \($0.name)?" : nil }
      ?? "The commands are: \(known.joined(separator: ", "))."
    return "Error: smooven has no command\(shown). \(hint)"
  }

  /// Returns a message of the parser without the secrets that it quotes.
  ///
  /// With a space in the wrong place, as in `--secret smooven= sk_…`, a secret is an argument that nothing expects.
  static func redacted(_ message: String, arguments: [String]) -> String {
    var isSecret = false
    var message = message
    for argument in arguments {
      if argument.hasPrefix("-") {
        isSecret = argument.hasPrefix("--secret") || argument.hasPrefix("--token")
      }
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      for text in [argument] + parts.dropFirst() where !text.isEmpty {
        guard isSecret && !argument.hasPrefix("-") || Redaction.isSecretLike(text) else { continue }
        message = message.replacing("'\(text)'", with: "'…'")
      }
    }
    return message
  }

  /// The number of letters to insert, delete, replace or swap to get from one word to the other.
  static func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var rows = [Array(0...second.count)]
    for (i, letter) in first.enumerated() {
      var row = [i + 1]
      for (j, other) in second.enumerated() {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (letter == other ? 0 : 1))
        if i > 0, j > 0, letter == second[j - 1], first[i - 1] == other {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[first.count][second.count]
  }
}
