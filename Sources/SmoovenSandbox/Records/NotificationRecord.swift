internal import SmoovenCallbacks

internal import struct Foundation.Date

/// An accepted notification and its progress.
struct NotificationRecord: Sendable {
  let id: String
  let request: NotifyRequest
  let story: SandboxStory
  let createdAt: Date
  /// The size of the request in bytes.
  let size: Int
  /// Whether every callback of the story has had its first attempt.
  var isTold = false
  private(set) var status = "queued"
  private(set) var channelUsed: NotificationChannel
  private var sentAt: String?
  private var deliveredAt: String?
  private var fallbackChain: [Hop] = []
  private var lastMilliseconds: Double

  private struct Hop: Sendable {
    var channel: NotificationChannel
    var status: String
    var reason: String?
  }

  init(id: String, request: NotifyRequest, story: SandboxStory, createdAt: Date, size: Int = 0) {
    self.id = id
    self.size = size
    self.request = request
    self.story = story
    self.channelUsed = story.steps.first?.channel ?? .push
    self.lastMilliseconds = (createdAt.timeIntervalSince1970 * 1_000).rounded(.down)
    self.createdAt = Date(timeIntervalSince1970: lastMilliseconds / 1_000)
  }

  /// Performs a step.
  ///
  /// - Returns: The payload of its callback.
  mutating func advance(_ step: SandboxStory.Step, at now: Date) -> JSONValue {
    let timestamp = nextTimestamp(at: now)
    if step.sending != .forged { apply(step, at: timestamp) }
    return .object(present: [
      "event": .string("notification.\(step.event)"),
      "notification_id": .string(id),
      "channel_used": .string(step.channel.rawValue),
      "status": .string(step.status),
      "timestamp": .string(timestamp),
      "reason": step.reason.map(JSONValue.string),
      "recipient": .object(present: [
        "user_id": request.userID.map(JSONValue.string),
        "channel_address": .string(address(on: step.channel)),
      ]),
      "metadata": request.intent.map { ["intent": .string($0), "urgency": .string(request.urgency)] },
    ])
  }

  /// The body of the response to `GET /v1/status/{id}`.
  var statusBody: JSONValue {
    [
      "notification_id": .string(id),
      "status": .string(status),
      "channel_used": .string(channelUsed.rawValue),
      "channel_requested": JSONValue(request.channelRequested?.rawValue),
      "recipient": [
        "user_id": JSONValue(request.userID), "channel_address": .string(address(on: channelUsed)),
      ],
      "timestamps": [
        "created": .string(RFC3339.format(createdAt)),
        "sent": JSONValue(sentAt),
        "delivered": JSONValue(deliveredAt),
      ],
      "fallback_chain": .array(
        fallbackChain.map { hop in
          .object(present: [
            "channel": .string(hop.channel.rawValue), "status": .string(hop.status),
            "reason": hop.reason.map(JSONValue.string),
          ])
        }
      ),
    ]
  }

  private mutating func apply(_ step: SandboxStory.Step, at timestamp: String) {
    if step.event == "fallback" {
      fallbackChain.append(Hop(channel: channelUsed, status: "failed", reason: step.reason))
      fallbackChain.append(Hop(channel: step.channel, status: step.status))
      channelUsed = step.channel
    } else if let index = fallbackChain.lastIndex(where: { $0.channel == step.channel }) {
      fallbackChain[index].status = step.status
    }
    // With two channels at the same time, the one that came further counts.
    if Self.rank(step.status) > Self.rank(status) {
      status = step.status
      channelUsed = step.channel
    }
    if step.event == "sent" { sentAt = sentAt ?? timestamp }
    if step.event == "delivered" { deliveredAt = deliveredAt ?? timestamp }
  }

  private static func rank(_ status: String) -> Int {
    ["queued", "sent", "undelivered", "failed", "delivered", "opened", "clicked"].firstIndex(of: status) ?? 0
  }

  private func address(on channel: NotificationChannel) -> String {
    let phone: [NotificationChannel] = [.sms, .rcs]
    let isGiven =
      request.intent == nil
      && (channel == request.channelRequested
        || phone.contains(channel) && request.channelRequested.map(phone.contains) ?? false)
    return isGiven ? request.recipient : Address.madeUp(for: request.recipient, on: channel)
  }

  /// Returns a time in whole milliseconds, which is later than the one before.
  private mutating func nextTimestamp(at now: Date) -> String {
    lastMilliseconds = max((now.timeIntervalSince1970 * 1_000).rounded(.down), lastMilliseconds + 1)
    return RFC3339.format(Date(timeIntervalSince1970: lastMilliseconds / 1_000))
  }
}
