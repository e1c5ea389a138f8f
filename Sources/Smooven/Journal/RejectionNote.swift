internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenSupport

internal import struct Foundation.Date

/// What a journal would say of a request if it were refused, while it is dealt with.
struct RejectionNote: Sendable {
  private let journal: DeliveryJournal
  private let request: CallbackRequest
  private let arrival: Date
  /// Where it leads.
  var target: CallbackTarget?
  /// The time that its sender signed.
  var signedAt: Date?

  init(_ journal: DeliveryJournal, _ request: CallbackRequest, at arrival: Date) {
    self.journal = journal
    self.request = request
    self.arrival = arrival
  }

  /// The request, if the journal keeps those that are accepted.
  var kept: JournalRequest? { journal.kept(request) }

  /// The age of its signed time.
  var age: Duration? {
    signedAt.map { .seconds(min(max(arrival.timeIntervalSince($0), -1e11), 1e11)) }
  }

  /// Records that the request was refused.
  func record(_ rejection: CallbackRejection, _ tracker: DeliveryTracker) {
    journal.record(
      JournalRejection(
        reason: rejection.reason,
        message: rejection.message,
        status: rejection.status.code,
        endpoint: target?.endpoint,
        provider: target?.provider.name,
        age: rejection.age,
        request: journal.refused(request)
      ),
      of: target?.token,
      isAddressed: target?.token.map(tracker.contains) ?? false
    )
  }
}
