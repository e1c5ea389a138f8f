internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

/// A message that a call of this process sent, or took up again.
///
/// One task sends it and waits for its end, whether or not a call is still waiting. Calls only watch that task, so
/// cancelling a call doesn't cancel the notification.
final class OpenDelivery: Sendable {
  /// The progress of a delivery.
  enum State: Sendable {
    /// The store is asked how far it is.
    case reading
    case sending
    case sent(SentMessage)
    case ended(SentMessage, MessageEnd, at: Moment)
    case refused(any Error, at: Moment)
  }

  /// A time by the wall clock, and by the server's.
  struct Moment: Sendable {
    var date: Date
    var time: Duration
  }

  let handle: String
  let fingerprint: String
  let isQuestion: Bool
  /// The time at which it was first sent, by the wall clock.
  let openedAt: Date
  /// The time at which the wait for it ends, by the server's clock.
  let deadline: Duration
  /// The time within which it should arrive, or be answered.
  let limit: Duration
  /// The time by which it should have arrived or been answered, by the server's clock.
  ///
  /// A wait may continue for longer.
  let due: Duration
  /// The server's change to the call, if any.
  let note: String?
  let state: Watched<State>

  /// Creates one that is about to be sent, or whose end is waited for again if `isStored`.
  init(
    handle: String,
    fingerprint: String,
    isQuestion: Bool,
    isStored: Bool = false,
    openedAt: Date,
    deadline: Duration,
    limit: Duration,
    due: Duration? = nil,
    note: String? = nil
  ) {
    self.handle = handle
    self.fingerprint = fingerprint
    self.isQuestion = isQuestion
    self.openedAt = openedAt
    self.deadline = deadline
    self.limit = limit
    self.due = due ?? deadline
    self.note = note
    state = Watched(isStored ? .reading : .sending)
  }

  /// Starts the task that sends the notification and waits for its end.
  func run(
    _ client: SmoovenClient,
    _ clock: DeliveryClock,
    _ send: @escaping @Sendable () async throws -> SentMessage
  ) {
    Task { [state, deadline] in
      do {
        let message = try await send()
        state.update { $0 = .sent(message) }
        let end = try await message.end(within: deadline - clock.now())
        let now = Moment(date: client.configuration.now(), time: clock.now())
        state.update { $0 = .ended(message, end, at: now) }
      } catch {
        let now = Moment(date: client.configuration.now(), time: clock.now())
        state.update { $0 = .refused(error, at: now) }
      }
    }
  }

  /// The time for which calls join it after it has ended without a call that reported so.
  ///
  /// A host that gave up on a call makes it again soon. Later, the same text is another message.
  private static let joiningTime = Duration.seconds(60)

  /// Whether it ended so long ago that an equal call is another message.
  func isPast(at now: Duration) -> Bool {
    switch state.read(\.self) {
    case .ended(_, _, let end), .refused(_, let end): now - end.time >= Self.joiningTime
    case .reading, .sending, .sent: false
    }
  }

  /// Returns the arguments that a row keeps for a wait after a restart.
  static func attachment(limit: Duration) -> JSONValue {
    ["mcp": ["limit_ms": .integer(Int64(limit / .milliseconds(1)))]]
  }

  /// Returns the time within which a stored delivery should arrive or be answered.
  static func limit(of delivery: StoredDelivery) -> Duration {
    if let until = delivery.answerableUntil {
      return .seconds(min(max(until.timeIntervalSince(delivery.openedAt), 1), 31_622_400))
    }
    let stored = delivery.attachment?["mcp"]?["limit_ms"]?.integerValue.flatMap {
      (1...31_622_400_000).contains($0) ? Duration.milliseconds($0) : nil
    }
    return stored ?? OutgoingMessage.defaultLimit(isQuestion: false)
  }
}

extension OpenDelivery.State {
  var isReading: Bool {
    if case .reading = self { true } else { false }
  }

  /// Whether it isn't known yet that there is a notification.
  var isSending: Bool {
    switch self {
    case .reading, .sending: true
    case .sent, .ended, .refused: false
    }
  }

  /// Whether there's nothing left to wait for.
  var isEnd: Bool {
    switch self {
    case .ended, .refused: true
    case .reading, .sending, .sent: false
    }
  }

  /// Whether it says all that is known.
  ///
  /// Otherwise the task that waits is about to say more: what the store has, the end, or what the status is at the
  /// deadline.
  func isUpToDate(isOverdue: Bool) -> Bool {
    switch self {
    case .reading: false
    case .sent(let message): !message.isDecided && !isOverdue
    case .sending, .ended, .refused: true
    }
  }
}
