public import SmoovenCallbacks
internal import SmoovenSupport

public import struct Foundation.Date

/// The known facts about a delivery, with the reasons why it ended as it did, or why it hasn't ended.
///
/// ``SmoovenClient/explain(_:)-(String)`` returns one. Print it for people, and use ``json`` for tools. It never
/// blames what it couldn't check, such as requests that no journal recorded. It holds no token, no recipient, no idempotency key and no
/// body. Names of events and reasons of failures are the provider's.
public struct DeliveryExplanation: Sendable, Hashable {
  /// The state of a delivery.
  public enum Standing: String, Sendable, Hashable, CaseIterable {
    /// It arrived.
    case arrived
    /// It can't arrive anymore.
    case failed
    /// Nothing has confirmed or ended it.
    case open
  }

  /// One thing that happened.
  public struct Step: Sendable, Hashable {
    /// The time by this machine's clock, or `nil` if it isn't known.
    public var at: Date?
    /// The name of the step, such as `accepted`, or that of an event.
    public var name: String
    /// More about it, in this library's words.
    public var detail: String?
    /// The channel, if it is about one.
    public var channel: NotificationChannel?
    /// The reason of a failure, in the provider's words.
    public var reason: String?
  }

  /// One thing that explains the state of a delivery.
  public struct Reason: Sendable, Hashable {
    /// The rule that found it, in snake case, such as `refused_signature`.
    ///
    /// The list is open. <doc:WhyNoCallback> goes through it.
    public var code: String
    /// The reason, in this library's words.
    public var message: String
    /// The advice, or `nil` if there is nothing to do.
    public var advice: String?
  }

  /// The handle of the delivery in a ``DeliveryJournal``, or `nil` if no delivery is known.
  public let handle: String?
  /// Smooven's id, or `nil` while none is known.
  public let notificationID: String?
  /// The state of the delivery.
  public let standing: Standing
  /// The last known status.
  public let status: DeliveryStatus
  /// The known steps, oldest first.
  public let timeline: [Step]
  /// The reasons for its state: the conclusion first, then what is known about a callback that is missing.
  public let reasons: [Reason]
  private let openedAt: Date?
  private let outcome: JournalOutcome?

  init(_ evidence: DeliveryEvidence) {
    handle = evidence.token?.fingerprint
    notificationID = evidence.notificationID
    standing = evidence.standing
    status = evidence.status
    timeline = evidence.timeline
    reasons = ExplanationRules.reasons(for: evidence)
    openedAt = evidence.openedAt
    outcome = evidence.outcome
  }

  /// The conclusion: the first of ``reasons``.
  public var why: Reason { reasons.first ?? Reason(code: "unknown", message: "Nothing is known about it.") }

  /// The first advice of ``reasons``, or `nil` if there is none.
  public var advice: String? { reasons.lazy.compactMap(\.advice).first }

  /// Everything as JSON, for tools: `handle`, `notification_id`, `standing`, `status`, `why`, `reasons` and `timeline`.
  public var json: JSONValue {
    [
      "handle": .text(handle), "notification_id": .text(notificationID),
      "standing": .string(standing.rawValue), "status": .text(status.rawValue),
      "why": why.json, "reasons": .array(reasons.map(\.json)),
      "timeline": .array(timeline.map { $0.json(since: openedAt) }),
    ]
  }

  /// The reasons and the advice in lines, as ``description`` ends with them.
  public var whyLines: [String] {
    let text = reasons.isEmpty ? why.message : reasons.map(\.message).joined(separator: " ")
    return ["why: \(text)"] + (advice.map { ["     → \($0)"] } ?? [])
  }
}

extension DeliveryExplanation: SafelyDescribed {
  /// The timeline and the reasons, for people: several lines.
  public var description: String {
    let name = notificationID?.loggable ?? handle ?? "unknown"
    let channel = timeline.last { $0.channel != nil }?.channel.map { "  \($0.rawValue.loggable)" } ?? ""
    let steps = timeline.map { $0.line(since: openedAt) }
    return (["\(name)\(channel) → \(ending)"] + steps + whyLines).joined(separator: "\n")
  }

  private var ending: String {
    switch standing {
    case .arrived: return "arrived"
    case .failed: return "failed"
    case .open:
      guard let outcome, outcome.name == "timed_out" else { return "open" }
      return "timed out after \(Self.seconds(outcome.elapsed.inSeconds))"
    }
  }

  /// A time in seconds, or in days and hours if it's long.
  static func seconds(_ seconds: Double) -> String {
    let seconds = min(max(seconds, -1e11), 1e11)
    let hours = Int(abs(seconds) / 3_600)
    if hours >= 48 { return "\(seconds < 0 ? "-" : "")\(hours / 24) d \(hours % 24) h" }
    let hundredths = Int((abs(seconds) * 100).rounded())
    let fraction = hundredths % 100
    return "\(seconds < 0 ? "-" : "")\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
  }
}

extension DeliveryExplanation.Reason {
  var json: JSONValue { ["code": .string(code), "message": .string(message), "advice": .text(advice)] }
}

extension DeliveryExplanation.Step {
  func json(since start: Date?) -> JSONValue {
    let elapsed = at.flatMap { at in start.map { at.timeIntervalSince($0) } }
    return [
      "at": .text(at.map(RFC3339.format)),
      "elapsed_ms": elapsed.map { .integer(Int64((min(max($0, -1e11), 1e11) * 1_000).rounded())) } ?? .null,
      "event": .text(name), "detail": .text(detail), "channel": .text(channel?.rawValue),
      "reason": .text(reason),
    ]
  }

  func line(since start: Date?) -> String {
    let time = at.flatMap { at in start.map { DeliveryExplanation.seconds(at.timeIntervalSince($0)) } } ?? "-"
    let details = [detail, channel?.rawValue, reason].compactMap { $0?.loggable }.joined(separator: ", ")
    let name = name.loggable
    let padding = String(repeating: " ", count: max(1, 16 - name.count))
    let line =
      "  \(String(repeating: " ", count: max(0, 9 - time.count)))\(time)  \(name)\(padding)\(details)"
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}

extension JSONValue {
  /// A text of bounded length, or `null`.
  fileprivate static func text(_ text: String?) -> JSONValue {
    text.map { .string(String($0.prefix(512))) } ?? .null
  }
}
