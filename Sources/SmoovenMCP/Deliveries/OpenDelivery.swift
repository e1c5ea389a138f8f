internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

/// A notification that a call of this process sent, or took up again.
///
/// One task sends it and waits for its end, whether or not a call is still waiting. Calls only watch that task, so
/// cancelling a call doesn't cancel the notification.
final class OpenDelivery: Sendable {
  /// The progress of a delivery.
  enum State: Sendable {
    case sending
    case sent(NotificationHandle)
    case ended(NotificationHandle, DeliveryOutcome, at: Date)
    case refused(any Error)
  }

  let handle: String
  let fingerprint: String
  /// The time at which it was first sent, by the wall clock.
  let openedAt: Date
  /// The time at which the wait for it ends, by the server's clock.
  let deadline: Duration
  /// The time within which it should arrive.
  let limit: Duration
  /// The time by which it should have arrived, by the server's clock.
  ///
  /// A wait may continue for longer.
  let due: Duration
  /// The server's change to the call, if any.
  let note: String?
  let state = Watched(State.sending)

  init(
    handle: String,
    fingerprint: String,
    openedAt: Date,
    deadline: Duration,
    limit: Duration,
    due: Duration? = nil,
    note: String? = nil
  ) {
    self.handle = handle
    self.fingerprint = fingerprint
    self.openedAt = openedAt
    self.deadline = deadline
    self.limit = limit
    self.due = due ?? deadline
    self.note = note
  }

  /// Starts the task that sends the notification and waits for its end.
  func run(
    _ client: SmoovenClient,
    _ clock: DeliveryClock,
    _ send: @escaping @Sendable () async throws -> NotificationHandle
  ) {
    Task { [state, deadline] in
      do {
        let handle = try await send()
        state.update { $0 = .sent(handle) }
        let outcome = try await handle.outcome(timeout: max(deadline - clock.now(), .milliseconds(1)))
        state.update { $0 = .ended(handle, outcome, at: client.configuration.now()) }
      } catch {
        state.update { $0 = .refused(error) }
      }
    }
  }

  /// Returns the arguments that a row keeps for a wait after a restart.
  static func attachment(limit: Duration) -> JSONValue {
    ["mcp": ["limit_ms": .integer(Int64(limit / .milliseconds(1)))]]
  }

  /// Returns the time within which a stored delivery should arrive, or `nil` if this server didn't send it.
  static func limit(in attachment: JSONValue?) -> Duration? {
    attachment?["mcp"]?["limit_ms"]?.integerValue.flatMap {
      (1...31_622_400_000).contains($0) ? .milliseconds($0) : nil
    }
  }
}
