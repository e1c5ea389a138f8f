import SmoovenCallbacks

/// Verifies and reads one callback, without a client and without sockets.
func read(_ request: CallbackRequest, secretKey: Secret) throws -> CallbackEvent {
  let provider = try SmoovenCallbackProvider(secrets: [secretKey])
  return try provider.event(from: request)
}
