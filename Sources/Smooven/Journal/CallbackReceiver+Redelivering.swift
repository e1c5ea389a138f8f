internal import SmoovenCallbacks

extension CallbackReceiver {
  /// The path of an endpoint, with the token if it needs one, or `nil` if there is no such endpoint.
  package func path(ofEndpoint name: String) -> String? { router.path(ofEndpoint: name) }

  /// The path at which the request of an entry arrived, with the token that entries don't show, or `nil` if no endpoint had it.
  ///
  /// A request that was refused gets no more than it came with: not the token of an endpoint that doesn't sign.
  package func path(of entry: JournalEntry) -> String? {
    switch entry.kind {
    case .callback(let event, _, _):
      guard let path = router.path(ofEndpoint: event.endpoint) else { return nil }
      return entry.token.map { CallbackRoute.path(of: event.endpoint, token: $0) } ?? path
    case .rejected(let rejection):
      return rejection.endpoint.map { CallbackRoute.path(of: $0, token: entry.token) }
    default: return nil
    }
  }
}
