import Foundation

/// Standard output and error, in whole lines and without buffering.
enum Terminal {
  /// Whether a person is looking at standard output.
  static let isInteractive = isatty(STDOUT_FILENO) == 1 && Environment.value("TERM") != "dumb"

  /// Prints a line, in which a question mark replaces any character that would move the cursor or begin another line.
  static func print(_ line: String) {
    write(plain(line) + "\n", to: .standardOutput)
  }

  static func printError(_ line: String) {
    write(line + "\n", to: .standardError)
  }

  /// Writes without a line feed, for a line that is overwritten.
  static func draw(_ text: String) {
    write("\r\u{1B}[K" + text, to: .standardOutput)
  }

  /// Prints one JSON object on a separate line.
  static func print(json value: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else { return }
    write(String(decoding: data, as: UTF8.self) + "\n", to: .standardOutput)
  }

  /// Prints lines that are complete.
  static func print(lines: [UInt8]) {
    // A reader that has disconnected is no reason to stop.
    try? FileHandle.standardOutput.write(contentsOf: lines)
  }

  /// Returns a text without control characters, for texts that come from elsewhere.
  static func plain(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      scalars.append(scalar.properties.generalCategory == .control ? "?" : scalar)
    }
    return String(scalars)
  }

  private static func write(_ text: String, to handle: FileHandle) {
    // A reader that has disconnected is no reason to stop before the outcome is known.
    try? handle.write(contentsOf: Data(text.utf8))
  }
}
