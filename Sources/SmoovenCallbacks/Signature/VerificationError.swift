/// A request that its provider could not verify; it must change nothing.
///
/// Safe to log: it never holds a header value, a signature, a secret or a part of the body.
public struct VerificationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Which check failed.
  ///
  /// The list is open: new reasons may be added.
  public struct Reason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The reason in snake case, as metrics and logs carry it.
    public let rawValue: String

    /// Makes a reason of a provider of one's own.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The signature header, or one that it needs, is not there.
    public static let headerMissing = Reason(rawValue: "header_missing")
    /// The header is there but cannot be read: wrong length, not hexadecimal, sent twice.
    public static let headerMalformed = Reason(rawValue: "header_malformed")
    /// The signed time is further in the past than the tolerance allows.
    public static let tooOld = Reason(rawValue: "too_old")
    /// The signed time is further in the future than the tolerance allows.
    public static let tooNew = Reason(rawValue: "too_new")
    /// No configured secret made this signature over these bytes.
    public static let noMatch = Reason(rawValue: "no_match")
    /// The secret is of another kind than the request was signed with.
    public static let wrongSecretKind = Reason(rawValue: "wrong_secret_kind")

    /// The reason in snake case.
    public var description: String { rawValue }
  }

  /// Which check failed.
  public let reason: Reason
  /// What was wrong and what to do, for a person.
  public let message: String

  /// Makes an error.
  ///
  /// The message must hold nothing that is secret.
  public init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  /// The reason and the message in one line.
  public var description: String { "\(reason): \(message)" }
}
