import Foundation
internal import Smooven

/// What a command reads from a file, or from standard input.
enum InputFile {
  /// Why a file can't be read.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads all bytes of a file, or of standard input for `-` and for `nil`, as they are.
  ///
  /// A line feed at the end belongs to a body too. If a person types, standard error says what is waited for.
  ///
  /// - Throws: ``Failure``.
  static func read(_ path: String?, what: String = "the body") throws(Failure) -> [UInt8] {
    let name: String
    let handle: FileHandle
    if let path, path != "-" {
      name = shown(path)
      let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw Failure(description: "cannot read \(name): \(SystemError.text(of: errno))")
      }
      handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    } else {
      name = "standard input"
      handle = .standardInput
      if isatty(STDIN_FILENO) == 1 {
        Terminal.printError("reading \(what) from standard input; end it with Ctrl-D, or name a file")
      }
    }
    do {
      return Array(try handle.readToEnd() ?? Data())
    } catch {
      let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
      throw Failure(
        description: "cannot read \(name): \(code.map { SystemError.text(of: CInt($0)) } ?? "\(error)")"
      )
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
