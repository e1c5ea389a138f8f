extension String {
  /// The text with everything except plain ASCII escaped, so that text from the network can't forge log lines.
  package var loggable: String {
    // Most texts need no escaping.
    let isPlain = utf8.allSatisfy { byte in
      (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "\"")
        && byte != UInt8(ascii: "'")
    }
    return isPlain ? self : unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
  }
}
