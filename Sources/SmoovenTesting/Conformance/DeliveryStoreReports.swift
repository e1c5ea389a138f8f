package import Smooven
internal import SmoovenCallbacks
internal import SmoovenSupport

/// The interests of one handle on a store, and the changes that were reported to it.
package final class DeliveryStoreReports: Sendable {
  private struct State: Sendable {
    var lookups: [CallbackLookup] = []
    /// The time at which each callback was first reported.
    var keys: [String: ContinuousClock.Instant] = [:]
    var tokens: Set<DeliveryToken> = []
    var hasOrphans = false
    /// The number of reported callbacks, each report of one counted.
    var callbackCount = 0
  }

  private let state = Watched(State())

  package init() {}

  package var interests: DeliveryInterests {
    DeliveryInterests(
      count: { [state] in state.read { $0.lookups.count } },
      token: { [state] token in state.read { $0.lookups.contains { $0.token == token } } },
      callback: { [state] callback in state.read { $0.lookups.contains { $0.matches(callback) } } },
      lookups: { [state] in state.read { $0.lookups } }
    )
  }

  /// Whether any callback was reported.
  var hasAny: Bool { state.read { !$0.keys.isEmpty } }

  /// The number of reports of callbacks, all of them together.
  package var callbackCount: Int { state.read(\.callbackCount) }

  /// Waits until it was reported that a process is gone.
  package func orphans() async throws { try await state.first { $0.hasOrphans ? () : nil } }

  package func want(_ lookup: CallbackLookup) { state.update { $0.lookups.append(lookup) } }

  package func stopWanting() { state.update { $0.lookups = [] } }

  package func note(_ change: StoreChange) {
    let now = ContinuousClock.now
    state.update { state in
      switch change {
      case .callbacks(let callbacks):
        state.callbackCount += callbacks.count
        for key in callbacks.map(\.event.deduplicationKey) where state.keys[key] == nil {
          state.keys[key] = now
        }
      case .deliveries(let tokens): state.tokens.formUnion(tokens)
      case .orphans: state.hasOrphans = true
      }
    }
  }

  /// Waits until a callback is reported.
  ///
  /// - Returns: The time at which it was first reported.
  @discardableResult
  package func key(_ key: String) async throws -> ContinuousClock.Instant {
    try await state.first { $0.keys[key] }
  }

  /// Waits until a change of a delivery is reported.
  package func token(_ token: DeliveryToken) async throws {
    try await state.first { $0.tokens.contains(token) ? () : nil }
  }
}
