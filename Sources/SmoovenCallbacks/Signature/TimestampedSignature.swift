public import HTTPTypes

public import struct Foundation.Date

/// A signature over time and body in one header: `t=<unix seconds>,v1=<hex>`, computed over `<t>.<raw body>`.
///
/// The header may contain several `v1` and other schemes, with spaces after the commas and the parts in any
/// order. One valid `v1` is enough.
public struct TimestampedSignature: SignatureScheme {
  /// The header that holds the signature.
  public let header: HTTPField.Name
  /// The maximum difference between the signed time and now.
  public let tolerance: TimestampTolerance?
  private let secrets: SigningSecrets

  /// Creates a scheme.
  public init(header: HTTPField.Name, secrets: SigningSecrets, tolerance: TimestampTolerance = .standard) {
    self.header = header
    self.secrets = secrets
    self.tolerance = tolerance
  }

  /// Checks the signature, then the age.
  ///
  /// - Returns: The secret that matched.
  /// - Throws: ``VerificationError``, whose code says which check failed.
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    let parts = Parts(try request.singleHeader(header))
    guard let time = parts.time, let seconds = UnixTime.parse(time) else {
      throw VerificationError(.headerMalformed, "\(header.rawName) has no single t=<unix seconds>")
    }
    guard parts.hasCode else {
      throw VerificationError(.headerMalformed, "\(header.rawName) has no v1=<signature>")
    }
    guard !parts.codes.isEmpty else {
      throw VerificationError(.headerMalformed, "no v1 of \(header.rawName) is 64 hexadecimal digits")
    }
    let verification = try secrets.verify(parts.codes, over: time + [UInt8(ascii: ".")], request.body)
    try tolerance?.check(Date(timeIntervalSince1970: Double(seconds)), at: now)
    return verification
  }

  /// Returns the time of the header's `t`.
  public func signedTime(of request: CallbackRequest) -> Date? {
    guard let value = try? request.singleHeader(header), let time = Parts.first(named: "t", in: value) else {
      return nil
    }
    return UnixTime.parse(time).map { Date(timeIntervalSince1970: Double($0)) }
  }

  /// Returns the header for a body, for sandboxes, tests and tools.
  public func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields {
    let time = UnixTime.seconds(now)
    let code = secrets.sign(Array("\(time).".utf8), body)
    return [header: "t=\(time),v1=\(Hex.encode(code))"]
  }

  /// The parts of the header that this scheme knows.
  private struct Parts {
    /// The value of `t`, if there is exactly one.
    private(set) var time: ArraySlice<UInt8>?
    /// The codes of the `v1` parts that are 32 bytes in hexadecimal.
    private(set) var codes: [[UInt8]] = []
    /// Whether there's a `v1`, readable or not.
    private(set) var hasCode = false

    init(_ value: String) {
      var times = 0
      var rest = Array(value.utf8)[...]
      while let (name, text) = Self.next(in: &rest) {
        if name.elementsEqual("t".utf8) {
          times += 1
          time = times == 1 ? text : nil
        } else if name.elementsEqual("v1".utf8) {
          hasCode = true
          if let code = Hex.decode(text), code.count == 32 { codes.append(code) }
        }
      }
    }

    /// Returns the value of the first part with a name.
    static func first(named name: String, in value: String) -> ArraySlice<UInt8>? {
      var rest = Array(value.utf8)[...]
      while let part = next(in: &rest) {
        if part.name.elementsEqual(name.utf8) { return part.text }
      }
      return nil
    }

    /// Removes and returns the next `name=text`.
    private static func next(
      in rest: inout ArraySlice<UInt8>
    ) -> (name: ArraySlice<UInt8>, text: ArraySlice<UInt8>)? {
      while !rest.isEmpty {
        let part = rest.prefix { $0 != UInt8(ascii: ",") }
        rest = rest[part.endIndex...].dropFirst()
        if let equals = part.firstIndex(of: UInt8(ascii: "=")) {
          return (trimmed(part[..<equals]), trimmed(part[equals...].dropFirst()))
        }
      }
      return nil
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      var text = text.drop(while: isSpace)
      while let last = text.last, isSpace(last) { text.removeLast() }
      return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
  }
}
