internal import Smooven
internal import SmoovenSupport

/// A tool's report about a notification, which has the same shape whatever happened.
struct DeliveryReport: Sendable, Hashable {
  enum Outcome: String, Sendable, CaseIterable {
    case delivered, failed, answered, waiting
    case timedOut = "timed_out"

    /// Whether a later call can't report any more than this.
    var isFinal: Bool { self != .waiting }
  }

  var handle: String
  var outcome: Outcome
  var notificationID: String?
  var channel: String?
  var status: String
  var elapsed: Duration
  var failure: CallbackEvent.Failure?
  var isJoined = false
  var note: String?
  /// The time within which the notification should have arrived.
  var deadline: Duration

  /// The maximum number of characters in a text from outside.
  private static let maximumText = 1_024

  /// The report as an object of ``ToolSchema/report``.
  var json: JSONValue {
    let text: (String?) -> JSONValue = { $0.map { .string(String($0.prefix(Self.maximumText))) } ?? .null }
    return [
      "handle": .string(handle), "outcome": .string(outcome.rawValue),
      "notification_id": text(notificationID),
      "channel": text(channel), "status": text(status),
      "elapsed_ms": .integer(Int64((min(max(elapsed.inSeconds, 0), 1e9) * 1_000).rounded())),
      "answer": .null,
      "failure": failure.map { ["reason": text($0.reason), "code": text($0.code)] } ?? .null,
      "joined": .bool(isJoined), "note": text(note), "next": .string(next),
    ]
  }

  /// The result of a call.
  var result: JSONValue {
    let json = json
    return [
      "content": [["type": "text", "text": .string(json.text)]], "structuredContent": json, "isError": false,
    ]
  }

  /// The instruction to the model.
  ///
  /// It contains nothing that a person or a provider wrote.
  private var next: String {
    switch outcome {
    case .delivered: return "It arrived. Nothing more to do for this message."
    case .answered: return "The person replied: see `answer`. Go on."
    case .failed:
      return """
        It can't arrive this way. Don't repeat the same call. Tell your user, or use another channel or person.
        """
    case .waiting:
      let isSent = status != DeliveryStatus.unconfirmed.rawValue
      return """
        \(isSent ? "Sent" : "It may have been sent"), not confirmed yet. Don't send it again. Go on with other work, or \
        call wait_for with this handle.
        """
    case .timedOut:
      return """
        Not confirmed within \(Int(min(deadline.inSeconds, 1e9))) s. It may still arrive. Don't repeat it. Tell your \
        user, or use another person or channel.
        """
    }
  }
}
