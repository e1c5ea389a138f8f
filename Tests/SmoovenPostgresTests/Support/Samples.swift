#if PostgresSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenTesting

@testable import SmoovenPostgres

let start = Date(timeIntervalSince1970: 1_772_697_600)

/// Returns a callback in the group of notifications.
func callback(
  _ key: String,
  ids: [String] = [],
  token: DeliveryToken? = nil,
  at date: Date = start
) -> StoredCallback {
  var event = CallbackEvent(
    provider: "smooven",
    name: "notification.delivered",
    kind: .delivered,
    correlationIDs: ids,
    signedAt: date,
    deduplicationKey: key,
    payload: ["key": .string(key)],
    rawBody: Array("{}".utf8)
  )
  event.group = "smooven"
  return StoredCallback(event, token: token, receivedAt: date)
}

func delivery(_ key: String? = nil, at date: Date = start) -> StoredDelivery {
  StoredDelivery(
    token: DeliveryToken(),
    idempotencyKey: key,
    group: "smooven",
    openedAt: date,
    fingerprint: "f"
  )
}

extension PostgresDeliveryStore {
  /// Follows the store for the duration of a closure.
  func following<Result>(
    _ reports: DeliveryStoreReports,
    _ body: () async throws -> Result
  ) async throws -> Result {
    let following = Task { try await follow(reports.interests) { reports.note($0) } }
    defer { following.cancel() }
    return try await body()
  }

  /// Waits for a token, as a client does.
  func wait(for token: DeliveryToken, _ reports: DeliveryStoreReports) async throws {
    let lookup = CallbackLookup(group: "smooven", token: token)
    reports.want(lookup)
    try await watch(lookup)
  }
}
#endif
