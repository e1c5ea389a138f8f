internal import SmoovenSupport

/// The typed view of a SmartlyQ webhook's payload, beside the common fields of ``CallbackEvent``.
///
/// Each field is `nil` where the webhook lacks it or holds another type.
public struct SmartlyQCallback: Sendable, Hashable {
  /// The event's own id, the same over redeliveries; only today's envelope has one.
  public let eventID: String?
  /// The job, for `job.*`.
  public let jobID: String?
  /// What kind of job it is, such as `article_generation`.
  public let jobType: String?
  /// The job's status.
  public let status: String?
  /// The stage of an edit job, which completes twice: `ready`, then `exported`.
  public let stage: String?
  /// What the job made.
  public let result: JSONValue?
  /// All that came with the event.
  public let data: JSONValue

  /// Reads the typed fields, or returns `nil` when the event is not SmartlyQ's.
  public init?(_ event: CallbackEvent) {
    guard event.provider == "smartlyq" else { return nil }
    data = event.payload["data"] ?? .null
    eventID = event.payload.identifier("id")
    jobID = data.identifier("job_id")
    jobType = data["type"]?.stringValue
    status = data["status"]?.stringValue
    stage = data["stage"]?.stringValue
    result = data["result"]
  }
}

extension SmartlyQCallback: SafelyDescribed {
  /// The job and its status.
  public var description: String {
    "SmartlyQCallback(job: \(jobID?.loggable ?? "-"), status: \(status?.loggable ?? "-"))"
  }
}
