extension String {
  /// The text for a person's terminal, with control and format characters escaped.
  ///
  /// They could move the cursor, begin another line, or change the order in which the text is shown. Other text stays as
  /// it is, whatever its script.
  package var printable: String {
    if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
    return unicodeScalars.map { scalar in
      // Words of some languages and many emoji need the joiners, which can't reorder anything.
      let isJoiner = scalar == "\u{200C}" || scalar == "\u{200D}"
      return scalar.isControlOrFormat && !isJoiner ? scalar.escaped(asASCII: true) : String(scalar)
    }.joined()
  }
}

extension Unicode.Scalar {
  /// Indicates whether it has no glyph, but an effect on what is shown.
  package var isControlOrFormat: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension [UInt8] {
  /// Escapes the control and format characters in a line of JSON, which is equal JSON afterwards.
  ///
  /// JSON requires that for the ASCII ones only.
  package mutating func escapeControlsInJSON() {
    // Without branches, so that many bytes are looked at together: nearly every line has none of them.
    var found: UInt8 = 0
    for byte in self { found |= (byte & 0x80) | (byte == 0x7F ? 0x80 : 0) }
    if found == 0 { return }
    let scalars = String(decoding: self, as: UTF8.self).unicodeScalars
    guard scalars.contains(where: { $0.value >= 0x7F && $0.isControlOrFormat }) else { return }
    var line: [UInt8] = []
    line.reserveCapacity(count + 64)
    for scalar in scalars {
      guard scalar.value >= 0x7F, scalar.isControlOrFormat else {
        line += String(scalar).utf8
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        line += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
      }
    }
    self = line
  }
}
