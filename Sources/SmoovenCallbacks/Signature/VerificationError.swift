/// An error in a request that its provider couldn't verify.
///
/// Such a request must change nothing. The error is safe to log: it never contains a header value, a
/// signature, a secret or a part of the body.
public struct VerificationError: Error, SafelyDescribed {
  /// The check that failed.
  ///
  /// The list is open: new codes may be added.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The code in snake case, as metrics and logs carry it.
    public let rawValue: String

    /// Creates the code of a custom provider.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The signature header, or one that it needs, is missing.
    public static let headerMissing = Code(rawValue: "header_missing")
    /// The header exists but can't be read: it has the wrong length, isn't hexadecimal, or was sent twice.
    public static let headerMalformed = Code(rawValue: "header_malformed")
    /// The signed time is further in the past than the tolerance allows.
    public static let tooOld = Code(rawValue: "too_old")
    /// The signed time is further in the future than the tolerance allows.
    public static let tooNew = Code(rawValue: "too_new")
    /// None of the configured secrets made this signature over these bytes.
    public static let noMatch = Code(rawValue: "no_match")
    /// The request was signed with another kind of secret.
    public static let wrongSecretKind = Code(rawValue: "wrong_secret_kind")

    /// The code in snake case.
    public var description: String { rawValue }
  }

  /// The check that failed.
  public var code: Code
  /// A human-readable description of what's wrong and what to do.
  public var message: String
  /// The underlying error, if any.
  ///
  /// It isn't part of the description, because it may contain details that must not be logged.
  public var cause: (any Error)?
  /// The age of the signed time, negative if it's ahead of the clock, or `nil` unless the code is `tooOld` or `tooNew`.
  public var age: Duration?

  /// Creates an error.
  ///
  /// The message must not contain secrets.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil, age: Duration? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
    self.age = age
  }

  /// The code and the message in one line.
  public var description: String { "\(code): \(message)" }
}
