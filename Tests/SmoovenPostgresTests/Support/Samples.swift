#if PostgresSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenSupport
import Synchronization

@testable import SmoovenPostgres

let start = Date(timeIntervalSince1970: 1_772_697_600)

/// A callback of the group that notifications have.
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

/// What one process waits for, and what was reported to it.
final class Reports: Sendable {
  private struct State: Sendable {
    var lookups: [CallbackLookup] = []
    var keys: [String: ContinuousClock.Instant] = [:]
    var tokens: Set<DeliveryToken> = []
  }

  private let state = Watched(State())

  var interests: DeliveryInterests {
    DeliveryInterests(
      count: { [state] in state.read { $0.lookups.count } },
      token: { [state] token in state.read { $0.lookups.contains { $0.token == token } } },
      callback: { [state] callback in state.read { $0.lookups.contains { $0.matches(callback) } } },
      lookups: { [state] in state.read { $0.lookups } }
    )
  }

  func want(_ lookup: CallbackLookup) { state.update { $0.lookups.append(lookup) } }
  func stopWanting() { state.update { $0.lookups = [] } }

  func note(_ change: StoreChange) {
    let now = ContinuousClock.now
    state.update { state in
      switch change {
      case .callbacks(let callbacks):
        for stored in callbacks where state.keys[stored.event.deduplicationKey] == nil {
          state.keys[stored.event.deduplicationKey] = now
        }
      case .deliveries(let tokens): state.tokens.formUnion(tokens)
      }
    }
  }

  /// Waits until a callback was reported; returns when it was.
  @discardableResult
  func key(_ key: String) async throws -> ContinuousClock.Instant { try await state.first { $0.keys[key] } }

  func token(_ token: DeliveryToken) async throws {
    try await state.first { $0.tokens.contains(token) ? () : nil }
  }
}

extension PostgresDeliveryStore {
  /// Follows the store for the duration of a closure.
  func following(_ reports: Reports, _ body: () async throws -> Void) async throws {
    let following = Task { try await follow(reports.interests) { reports.note($0) } }
    defer { following.cancel() }
    try await body()
  }

  /// Waits for a token as a client does.
  func wait(for token: DeliveryToken, _ reports: Reports) async throws {
    let lookup = CallbackLookup(group: "smooven", token: token)
    reports.want(lookup)
    try await watch(lookup)
  }
}
#endif
