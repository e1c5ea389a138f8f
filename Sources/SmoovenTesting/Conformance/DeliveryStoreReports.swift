package import Smooven
internal import SmoovenCallbacks
internal import SmoovenSupport

/// The interests of one handle on a store, and what was reported to it.
package final class DeliveryStoreReports: Sendable {
  private struct State: Sendable {
    var lookups: [CallbackLookup] = []
    /// When each callback was first reported.
    var keys: [String: ContinuousClock.Instant] = [:]
    var tokens: Set<DeliveryToken> = []
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

  /// Whether a callback was reported.
  var hasAny: Bool { state.read { !$0.keys.isEmpty } }

  package func want(_ lookup: CallbackLookup) { state.update { $0.lookups.append(lookup) } }

  package func stopWanting() { state.update { $0.lookups = [] } }

  package func note(_ change: StoreChange) {
    let now = ContinuousClock.now
    state.update { state in
      switch change {
      case .callbacks(let callbacks):
        for key in callbacks.map(\.event.deduplicationKey) where state.keys[key] == nil {
          state.keys[key] = now
        }
      case .deliveries(let tokens): state.tokens.formUnion(tokens)
      }
    }
  }

  /// Waits until a callback was reported.
  ///
  /// - Returns: When it was.
  @discardableResult
  package func key(_ key: String) async throws -> ContinuousClock.Instant {
    try await state.first { $0.keys[key] }
  }

  /// Waits until a change of a delivery was reported.
  package func token(_ token: DeliveryToken) async throws {
    try await state.first { $0.tokens.contains(token) ? () : nil }
  }
}
