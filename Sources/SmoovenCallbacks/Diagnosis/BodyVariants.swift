/// The forms that a body may have had when it was signed, if a tool changed it on its way.
struct BodyVariants {
  /// A body, and how it became the one that was received.
  struct Variant {
    let body: [UInt8]
    let hint: String
  }

  /// The result of a search.
  struct Result {
    /// The variant that was signed, if it was found.
    var found: Variant?
    /// The number of different bodies that were tried.
    var count = 0
    /// Whether all variants were tried.
    var isWhole = true
  }

  let body: [UInt8]
  /// The maximum number of bytes to write and to try, because the sender chooses how long and how deep a body is.
  var maximumWork = 32 << 20

  /// Calls a closure once with each different variant, the least changes first, until it returns `true`.
  func first(where isSigned: ([UInt8]) -> Bool) -> Result {
    var result = Result()
    var work = maximumWork
    var seen: Set<Int> = [body.hashValue]
    func matches(_ variant: [UInt8]) -> Bool {
      work -= variant.count
      guard work >= 0 else {
        result.isWhole = false
        return false
      }
      guard seen.insert(variant.hashValue).inserted else { return false }
      result.count += 1
      return isSigned(variant)
    }
    for base in bases {
      let prefix = base.hint.isEmpty ? "" : "\(base.hint); "
      if matches(base.body) { result.found = base }
      for variant in ends(of: base.body) + lines(of: base.body) where result.found == nil {
        guard matches(variant.body) else { continue }
        result.found = Variant(body: variant.body, hint: prefix + variant.hint)
      }
      if result.found != nil { return result }
    }
    for base in bases {
      guard let tree = JSONTree(base.body) else { continue }
      let prefix = base.hint.isEmpty ? "" : "\(base.hint); "
      for sortsKeys in [false, true] {
        let tree = sortsKeys ? tree.sortingKeys() : tree
        for style in JSONStyle.all where work >= 0 {
          guard let written = tree.written(in: style, limit: work) else {
            // Others may be shorter, but each costs as much to find out.
            (work, result.isWhole) = (-1, false)
            break
          }
          work -= written.count
          for end in Self.lineEnds(of: written) where matches(end) {
            let words = style.words(sortsKeys: sortsKeys)
            let hint = prefix + Self.hint(words, received: base.body, signed: end)
            result.found = Variant(body: end, hint: hint)
            return result
          }
        }
      }
    }
    return result
  }

  /// The body in the encoding in which it was sent.
  private var bases: [Variant] {
    var bases = [Variant(body: body, hint: "")]
    if body.starts(with: [0xEF, 0xBB, 0xBF]) {
      bases.append(
        Variant(
          body: Array(body.dropFirst(3)),
          hint:
            "the body begins with a byte order mark that was not sent: a tool added it when it saved the body"
        )
      )
    } else {
      bases.append(
        Variant(
          body: [0xEF, 0xBB, 0xBF] + body,
          hint: "a byte order mark at the beginning of the body was lost: keep the bytes as they came"
        )
      )
    }
    if let text = utf16 {
      bases.append(
        Variant(
          body: Array(text.utf8),
          hint: "the body was saved as UTF-16, as PowerShell does with >: save the bytes as they came"
        )
      )
    }
    if let bytes = latin1 {
      bases.append(
        Variant(
          body: bytes,
          hint: "the body was read as Latin-1 and written as UTF-8: verify the raw bytes, before any decoding"
        )
      )
    }
    return bases
  }

  private var utf16: String? {
    let isLittle = body.starts(with: [0xFF, 0xFE])
    guard isLittle || body.starts(with: [0xFE, 0xFF]), body.count % 2 == 0 else { return nil }
    let units = stride(from: 2, to: body.count, by: 2).map { index in
      let (first, second) = (UInt16(body[index]), UInt16(body[index + 1]))
      return isLittle ? second << 8 | first : first << 8 | second
    }
    return String(decoding: units, as: UTF16.self)
  }

  private var latin1: [UInt8]? {
    guard body.contains(where: { $0 >= 0x80 }), let text = String(validating: body, as: UTF8.self) else {
      return nil
    }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// The body with another end.
  private func ends(of body: [UInt8]) -> [Variant] {
    let isSpace: (UInt8) -> Bool = { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 || $0 == 0x09 }
    var trimmed = body[...]
    while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
    var variants: [Variant] = []
    if trimmed.count < body.count {
      let added = "the body has white space at its end that was not sent: an editor or echo added it"
      variants.append(Variant(body: Array(trimmed), hint: added))
      variants.append(Variant(body: Array(trimmed) + [0x0A], hint: added))
    }
    let start = trimmed.drop(while: isSpace)
    if start.count < trimmed.count {
      variants.append(
        Variant(body: Array(start), hint: "the body has white space at its beginning that was not sent")
      )
    }
    let lost = "a line feed at the end of the body was lost: keep the bytes as they came"
    return variants + [[0x0A], [0x0D, 0x0A]].map { Variant(body: body + $0, hint: lost) }
  }

  /// The body with other line ends.
  private func lines(of body: [UInt8]) -> [Variant] {
    let unix = Self.removingCarriageReturns(body)
    let windows = Self.addingCarriageReturns(unix)
    let changed = "the line ends of the body were changed"
    let cure = "an editor, a checkout or a copy through a terminal does that; keep the bytes as they came"
    let joined = unix.filter { $0 != 0x0A }
    var variants = Self.lineEnds(of: unix).map {
      Variant(body: $0, hint: "\(changed) from LF to CRLF: \(cure)")
    }
    variants += Self.lineEnds(of: windows).map {
      Variant(body: $0, hint: "\(changed) from CRLF to LF: \(cure)")
    }
    variants.append(
      Variant(body: joined, hint: "line breaks were added to the body: keep the bytes as they came")
    )
    return variants
  }

  /// A body as it is, and with and without a line end after it.
  private static func lineEnds(of body: [UInt8]) -> [[UInt8]] {
    var trimmed = body[...]
    while let last = trimmed.last, last == 0x0A || last == 0x0D { trimmed.removeLast() }
    let plain = Array(trimmed)
    return [plain, plain + [0x0A]] + (plain.contains(0x0D) ? [plain + [0x0D, 0x0A]] : [])
  }

  private static func removingCarriageReturns(_ body: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for (index, byte) in body.enumerated() {
      if byte == 0x0D, index + 1 < body.count, body[index + 1] == 0x0A { continue }
      result.append(byte)
    }
    return result
  }

  private static func addingCarriageReturns(_ body: [UInt8]) -> [UInt8] {
    body.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
  }

  private static func hint(_ style: String, received: [UInt8], signed: [UInt8]) -> String {
    if signed.contains(0x0A), signed.filter({ $0 != 0x0A }) == received {
      return "the line breaks of the body were removed, as curl -d does: send it with --data-binary"
    }
    return
      "the body was re-serialized: it was signed \(style). Verify the raw bytes, before any parsing"
  }
}
