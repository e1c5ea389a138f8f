internal import Foundation
internal import Smooven

/// The input of a command, from a file or from standard input.
enum InputFile {
  /// The reason why a file can't be read.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads all bytes of a file, or of standard input for `-` and for `nil`, as they are.
  ///
  /// A line feed at the end belongs to a body too. If a person types, standard error says what is waited for.
  ///
  /// - Throws: ``Failure``.
  static func read(_ path: String?, what: String = "the body") throws(Failure) -> [UInt8] {
    var name = "standard input"
    var descriptor = STDIN_FILENO
    if let path, path != "-" {
      name = shown(path)
      descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw Failure(description: "cannot read \(name): \(SystemError.text(of: errno))")
      }
    } else if isatty(STDIN_FILENO) == 1 {
      Terminal.printError("reading \(what) from standard input; end it with Ctrl-D, or name a file")
    }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    do {
      return try SystemError.readAll(from: descriptor)
    } catch {
      throw Failure(description: "cannot read \(name): \(SystemError.text(of: error.value))")
    }
  }

  /// Reads secrets, one a line.
  ///
  /// - Throws: ``Failure`` if there is none.
  static func secrets(_ path: String) throws(Failure) -> [Secret] {
    let text = String(decoding: try read(path, what: "secrets"), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    guard !lines.isEmpty else { throw Failure(description: "\(shown(path)) has no secret: write one a line") }
    return lines.map { Secret($0) }
  }

  /// A path for a message; what looks like a secret in its place isn't repeated.
  private static func shown(_ path: String) -> String {
    Redaction.isSecretLike(path) ? "the file (its name looks like a secret)" : path
  }
}
