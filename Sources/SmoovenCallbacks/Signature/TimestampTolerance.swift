internal import SmoovenSupport

public import struct Foundation.Date

/// The maximum difference between a signed time and now.
public struct TimestampTolerance: Sendable, Hashable {
  /// The maximum age.
  public var past: Duration { didSet { pastSeconds = past.inSeconds } }
  /// The maximum time by which the sender's clock may be ahead.
  public var future: Duration { didSet { futureSeconds = future.inSeconds } }
  // Computed once, because it takes longer than the comparison.
  private var pastSeconds: Double
  private var futureSeconds: Double

  /// Creates a tolerance.
  public init(past: Duration, future: Duration) {
    self.past = past
    self.future = future
    pastSeconds = past.inSeconds
    futureSeconds = future.inSeconds
  }

  /// 300 seconds both ways, the convention of schemes that sign a timestamp header.
  public static let standard = TimestampTolerance(past: .seconds(300), future: .seconds(300))

  /// 24 hours back and 5 minutes ahead.
  ///
  /// A manual redelivery may arrive hours later, and deduplication covers the whole window.
  public static let redelivery = TimestampTolerance(past: .seconds(86_400), future: .seconds(300))

  /// Checks a signed time.
  ///
  /// - Throws: ``VerificationError``, which says whether the time is too old or too new, and by how much.
  public func check(_ signed: Date, at now: Date) throws(VerificationError) {
    let age = now.timeIntervalSince(signed)
    // Written so that NaN fails both checks.
    guard age <= pastSeconds else {
      throw VerificationError(
        .tooOld,
        "the signed time is \(Self.text(age)) old, \(Self.text(age - pastSeconds)) more than the tolerance",
        age: Self.duration(age)
      )
    }
    guard -age <= futureSeconds else {
      throw VerificationError(
        .tooNew,
        """
        the signed time is \(Self.text(-age)) ahead, \(Self.text(-age - futureSeconds)) more than the \
        tolerance: check this machine's clock
        """,
        age: Self.duration(age)
      )
    }
  }

  private static func duration(_ seconds: Double) -> Duration? {
    seconds.isFinite ? .seconds(min(max(seconds, -1e11), 1e11)) : nil
  }

  /// Returns a time in seconds, or in days if it's two or more.
  private static func text(_ seconds: Double) -> String {
    // Years away, a Double may not fit an Int, and the number means nothing to a reader.
    guard abs(seconds) < 1e9 else { return "decades" }
    guard abs(seconds) >= 172_800 else { return "\(Int(seconds.rounded(.up))) s" }
    let tenths = Int((seconds / 8_640).rounded())
    return "\(tenths / 10)\(tenths % 10 == 0 ? "" : ".\(tenths % 10)") days"
  }
}
