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
    let signatures = try request.signatures(signatureHeader)
    let codes = signatures.compactMap { code($0) }
    guard !codes.isEmpty else { throw refusal(of: signatures) }
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
    bytes += id.utf8
    bytes.append(UInt8(ascii: "."))
    bytes += time.utf8
    bytes.append(UInt8(ascii: "."))
    return bytes
  }

  /// Returns the code of a signature of this version that is one.
  private func code(_ signature: ArraySlice<UInt8>) -> [UInt8]? {
    guard signature.starts(with: "v1,".utf8) else { return nil }
    let text = signature.dropFirst(3)
    let code = encoding == .base64 ? Base64.decode(text) : Hex.decode(text)
    return code?.count == 32 ? code : nil
  }

  /// Returns the reason why none of the signatures has a code.
  private func refusal(of signatures: [ArraySlice<UInt8>]) -> VerificationError {
    if signatures.contains(where: { $0.starts(with: "v1,".utf8) }) {
      return VerificationError(
        .headerMalformed,
        "no v1 of \(signatureHeader.rawName) is a code of 32 bytes in \(encoding)"
      )
    }
    if signatures.contains(where: { $0.starts(with: "v1a,".utf8) }) {
      return VerificationError(
        .wrongSecretKind,
        "\(signatureHeader.rawName) holds v1a only, made with a private key; a shared secret checks v1"
      )
    }
    return VerificationError(.headerMalformed, "\(signatureHeader.rawName) has no v1,<signature>")
  }
}
