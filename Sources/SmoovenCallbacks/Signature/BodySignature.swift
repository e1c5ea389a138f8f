public import HTTPTypes

public import struct Foundation.Date

/// A signature over just the raw body, in hexadecimal in one header: `X-Signature: <hex>`.
///
/// It doesn't cover a time, so a captured request verifies indefinitely. If the body contains a time, judge
/// freshness by that in ``CallbackProvider/checkFreshness(of:at:)``.
public struct BodySignature: SignatureScheme {
  /// The header that holds the signature.
  public let header: HTTPField.Name
  private let secrets: SigningSecrets

  /// Creates a scheme.
  public init(header: HTTPField.Name, secrets: SigningSecrets) {
    self.header = header
    self.secrets = secrets
  }

  /// Checks the signature over the raw body.
  ///
  /// - Returns: The secret that matched.
  /// - Throws: ``VerificationError`` with `headerMissing`, `headerMalformed` or `noMatch`.
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    let value = try request.singleHeader(header)
    guard let code = Hex.decode(value.utf8), code.count == 32 else {
      throw VerificationError(
        .headerMalformed,
        "\(header.rawName) is not 64 hexadecimal digits (it has \(value.utf8.count) bytes)"
      )
    }
    return try secrets.verify([code], over: request.body)
  }

  /// Returns the header for a body, for sandboxes, tests and tools.
  public func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields {
    [header: Hex.encode(secrets.sign(body))]
  }
}
