internal import SmoovenSupport

/// The typed view of a SmartlyQ webhook's payload, in addition to the common fields of ``CallbackEvent``.
///
/// Each field is `nil` if the webhook doesn't have it, or has it with another type.
public struct SmartlyQCallback: Sendable, Hashable {
  /// The event's id, which is the same across redeliveries and which only the current envelope has.
  public let eventID: String?
  /// The id of the job, for `job.*`.
  public let jobID: String?
  /// The type of job, such as `article_generation`.
  public let jobType: String?
  /// The job's status.
  public let status: String?
  /// The stage of an edit job, which completes twice: `ready`, then `exported`.
  public let stage: String?
  /// The result of the job.
  public let result: JSONValue?
  /// All of the event's data.
  public let data: JSONValue

  /// Reads the typed fields, or returns `nil` if the event isn't from SmartlyQ.
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
