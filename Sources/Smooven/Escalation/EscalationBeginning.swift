internal import Logging
internal import SmoovenCallbacks

internal import struct Foundation.Date

/// The beginning of an escalation or of a step's code, as a row in the store.
///
/// Nothing else in the store shows when it began, as long as no message was sent.
enum EscalationBeginning {
  /// Returns the key of the row, for the key of an escalation or of a step.
  static func key(of key: String) -> String { "\(key)\u{1F}began" }

  /// Returns a row that nothing sends or waits for.
  ///
  /// It has a verdict from the start, so it's never pending, and is removed like any delivery that has ended.
  static func row(_ key: String, at date: Date, wantedUntil: Date?) -> StoredDelivery {
    let event = CallbackEvent(
      provider: SmoovenClient.group,
      name: "escalation.began",
      kind: .other,
      correlationIDs: [],
      deduplicationKey: key,
      payload: .null,
      rawBody: []
    )
    var row = StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: key,
      group: SmoovenClient.group,
      openedAt: date
    )
    row.wantedUntil = wantedUntil
    row.verdict = .delivered(event)
    return row
  }
}

extension SmoovenClient {
  /// Records that an escalation or the code of a step begins, unless it began before.
  ///
  /// - Returns: The date at which it first began.
  /// - Throws: ``SmoovenError`` with `storeFailed`, or `CancellationError` if cancelled.
  func begin(_ key: String, at date: Date, for time: Duration) async throws -> Date {
    let key = EscalationBeginning.key(of: key)
    let row = EscalationBeginning.row(key, at: date, wantedUntil: wantedUntil(time))
    return try await reading { client in
      do {
        switch try await client.store.insert(row) {
        case .inserted(let row), .existing(let row): return row.delivery.openedAt
        }
      } catch {
        // The insertion may have been committed anyway.
        guard let known = try await client.store.load(.idempotencyKey(key)) else { throw error }
        return known.delivery.openedAt
      }
    }
  }

  /// Removes what `begin(_:at:for:)` recorded, so that the next call begins anew.
  func forgetBeginning(of key: String) async {
    do {
      guard let row = try await row(ofKey: EscalationBeginning.key(of: key)) else { return }
      try await reading { try await $0.store.remove(row.delivery.token, version: row.version) }
    } catch {
      logger.debug("could not forget an escalation", metadata: ["error": "\(type(of: error))"])
    }
  }
}
