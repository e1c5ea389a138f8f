internal import Smooven
internal import SmoovenCallbacks
internal import SmoovenSupport

/// The interests of one handle on a store, and what was reported to it.
final class DeliveryStoreReports: Sendable {
  private struct State: Sendable {
    var lookups: [CallbackLookup] = []
    var keys: Set<String> = []
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

  /// Whether a callback was reported.
  var hasAny: Bool { state.read { !$0.keys.isEmpty } }

  func want(_ lookup: CallbackLookup) { state.update { $0.lookups.append(lookup) } }

  func note(_ change: StoreChange) {
    state.update { state in
      switch change {
      case .callbacks(let callbacks): state.keys.formUnion(callbacks.map(\.event.deduplicationKey))
      case .deliveries(let tokens): state.tokens.formUnion(tokens)
      }
    }
  }

  /// Waits until a callback was reported.
  func key(_ key: String) async throws { try await state.first { $0.keys.contains(key) ? () : nil } }

  /// Waits until a change of a delivery was reported.
  func token(_ token: DeliveryToken) async throws {
    try await state.first { $0.tokens.contains(token) ? () : nil }
  }
}
