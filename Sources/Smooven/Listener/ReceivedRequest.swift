internal import SmoovenCallbacks

internal import struct Foundation.Date

/// A request while it's dealt with, and the one who wants to know what becomes of it.
struct ReceivedRequest: Sendable {
  let request: CallbackRequest
  let arrival: Date
  private let receive: (@Sendable (CallbackNote) -> Void)?

  init(
    _ request: consuming CallbackRequest,
    at arrival: Date,
    noting receive: (@Sendable (CallbackNote) -> Void)?
  ) {
    self.request = request
    self.arrival = arrival
    self.receive = receive
  }

  /// Tells what became of it, if anyone wants to know.
  func note(
    _ result: CallbackNote.Result,
    at target: CallbackTarget?,
    status: Int,
    _ events: @autoclosure () -> [CallbackEvent] = []
  ) {
    receive?(CallbackNote(endpoint: target?.endpoint, events: events(), status: status, result: result))
  }

  /// Returns its age by the time that its sender signed.
  func age(_ signedAt: Date) -> Duration {
    .seconds(min(max(arrival.timeIntervalSince(signedAt), -1e11), 1e11))
  }
}
