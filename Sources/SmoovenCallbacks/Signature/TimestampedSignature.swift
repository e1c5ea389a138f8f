public import HTTPTypes

public import struct Foundation.Date

/// A signature over time and body in one header: `t=<unix seconds>,v1=<hex>`, over `<t>.<raw body>`.
///
/// Several `v1`, other schemes beside them, spaces after the commas and any order of the parts are legal; one good
/// `v1` is enough.
public struct TimestampedSignature: Sendable {
  /// The header that holds the signature.
  public let header: HTTPField.Name
  /// How far the signed time may lie from now.
  public let tolerance: TimestampTolerance
  private let secrets: SigningSecrets

  /// Makes a scheme.
  public init(header: HTTPField.Name, secrets: SigningSecrets, tolerance: TimestampTolerance = .standard) {
    self.header = header
    self.secrets = secrets
    self.tolerance = tolerance
  }

  /// Checks the signature, then the age.
  ///
  /// - Returns: Which secret matched.
  /// - Throws: ``VerificationError``; its reason says which check failed.
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    let value = try request.singleHeader(header)
    var times: [Substring.UTF8View] = []
    var codes: [[UInt8]] = []
    var hasV1 = false
    for part in value.utf8.split(separator: UInt8(ascii: ",")) {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = Self.trimmed(part[..<equals])
      let text = Self.trimmed(part[equals...].dropFirst())
      if name.elementsEqual("t".utf8) {
        times.append(text)
      } else if name.elementsEqual("v1".utf8) {
        hasV1 = true
        if let code = Hex.decode(text), code.count == 32 { codes.append(code) }
      }
    }
    guard let time = times.first, times.count == 1, let seconds = UnixTime.parse(time) else {
      throw VerificationError(.headerMalformed, "\(header.rawName) has no single t=<unix seconds>")
    }
    guard hasV1 else {
      throw VerificationError(.headerMalformed, "\(header.rawName) has no v1=<signature>")
    }
    guard !codes.isEmpty else {
      throw VerificationError(.headerMalformed, "no v1 of \(header.rawName) is 64 hexadecimal digits")
    }
    let verification = try secrets.verify(codes, over: time + [UInt8(ascii: ".")], request.body)
    try tolerance.check(Date(timeIntervalSince1970: Double(seconds)), at: now)
    return verification
  }

  /// The header for a body; for sandboxes, tests and tools.
  public func sign(_ body: [UInt8], at now: Date) -> HTTPFields {
    let time = UnixTime.seconds(now)
    let code = secrets.sign(Array("\(time).".utf8), body)
    return [header: "t=\(time),v1=\(Hex.encode(code))"]
  }

  private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }
}
