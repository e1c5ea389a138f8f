/// A value that holds personal data or secrets, and whose every printed form is its `description`.
///
/// Conforming hides the stored properties from `print`, `dump`, string interpolation and debuggers' summaries.
public protocol SafelyDescribed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension String {
  /// The text with all but plain ASCII escaped: what came off the wire must not write lines of its own into a
  /// log.
  package var loggable: String {
    // Most texts are as harmless as they look.
    let isPlain = utf8.allSatisfy { byte in
      (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "\"")
        && byte != UInt8(ascii: "'")
    }
    return isPlain ? self : unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
  }
}

extension SafelyDescribed {
  /// The same as `description`.
  public var debugDescription: String { description }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
