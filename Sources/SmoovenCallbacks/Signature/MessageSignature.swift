public import Foundation
public import HTTPTypes

/// A signature over id, time and body in three headers, computed over `<id>.<timestamp>.<raw body>`.
///
/// The signature header contains one or more `v1,<code>`, separated by spaces, and possibly other versions.
/// Standard Webhooks is this scheme with seconds and base64.
public struct MessageSignature: SignatureScheme {
  /// A unit of the timestamp header.
  public enum TimestampUnit: Sendable, Hashable {
    /// Seconds since 1970.
    case seconds
    /// Milliseconds since 1970.
    case milliseconds
  }

  /// A way to write the code as text.
  public enum CodeEncoding: Sendable, Hashable {
    /// Base64.
    case base64
    /// Hexadecimal.
    case hexadecimal
  }

  /// The header that holds the message's id.
  public let idHeader: HTTPField.Name
  /// The header that holds the time.
  public let timestampHeader: HTTPField.Name
  /// The header that holds the signatures.
  public let signatureHeader: HTTPField.Name
  /// The unit of the timestamp header.
  public let unit: TimestampUnit
  /// The encoding of the code.
  public let encoding: CodeEncoding
  /// The maximum difference between the signed time and now.
  public let tolerance: TimestampTolerance?
  private let secrets: SigningSecrets

  /// Creates a scheme.
  public init(
    idHeader: HTTPField.Name,
    timestampHeader: HTTPField.Name,
    signatureHeader: HTTPField.Name,
    unit: TimestampUnit,
    encoding: CodeEncoding,
    secrets: SigningSecrets,
    tolerance: TimestampTolerance = .standard
  ) {
    self.idHeader = idHeader
    self.timestampHeader = timestampHeader
    self.signatureHeader = signatureHeader
    self.unit = unit
    self.encoding = encoding
    self.secrets = secrets
    self.tolerance = tolerance
  }

  /// Checks the signature, then the age.
  ///
  /// - Returns: The secret that matched.
  /// - Throws: ``VerificationError``, whose code says which check failed.
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    let (id, time, date) = try request.messageHead(id: idHeader, time: timestampHeader, in: unit)
    let value = try request.singleHeader(signatureHeader)
    let all = value.utf8.split(separator: UInt8(ascii: " "))
    let signatures = all.filter { $0.starts(with: "v1,".utf8) }
    guard !signatures.isEmpty else {
      if all.contains(where: { $0.starts(with: "v1a,".utf8) }) {
        throw VerificationError(
          .wrongSecretKind,
          "\(signatureHeader.rawName) holds v1a only, made with a private key; a shared secret checks v1"
        )
      }
      throw VerificationError(.headerMalformed, "\(signatureHeader.rawName) has no v1,<signature>")
    }
    let codes = signatures.compactMap { decode($0.dropFirst(3)) }
    guard !codes.isEmpty else {
      throw VerificationError(
        .headerMalformed,
        "no v1 of \(signatureHeader.rawName) is a code of 32 bytes in \(encoding)"
      )
    }
    let verification = try secrets.verify(codes, over: Self.prefix(id, time), request.body)
    try tolerance?.check(date, at: now)
    return verification
  }

  /// Returns the time of the timestamp header.
  public func signedTime(of request: CallbackRequest) -> Date? {
    request.signedTime(timestampHeader, in: unit)
  }

  /// Returns the headers for a body, for sandboxes, tests and tools.
  public func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields {
    let time = unit == .seconds ? UnixTime.seconds(now) : UnixTime.milliseconds(now)
    let code = secrets.sign(Self.prefix(id, "\(time)"), body)
    let text = encoding == .base64 ? Data(code).base64EncodedString() : Hex.encode(code)
    return [idHeader: id, timestampHeader: "\(time)", signatureHeader: "v1,\(text)"]
  }

  /// Returns the part of the signed text that precedes the body.
  static func prefix(_ id: String, _ time: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(id.utf8.count + time.utf8.count + 2)
    for part in [id, time] {
      bytes += part.utf8
      bytes.append(UInt8(ascii: "."))
    }
    return bytes
  }

  private func decode(_ text: Substring.UTF8View) -> [UInt8]? {
    let code = encoding == .base64 ? Data(base64Encoded: Data(text)).map(Array.init) : Hex.decode(text)
    return code?.count == 32 ? code : nil
  }
}
