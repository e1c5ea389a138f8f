internal import SmoovenCallbacks

/// The destination of a callback request, and the credentials that its sender must present there.
struct CallbackTarget: Sendable {
  let endpoint: String
  let group: String
  let provider: any CallbackProvider
  let authentication: CallbackAuthentication
  /// The last part of the path, if anything follows the endpoint's name.
  var pathText: String?
  /// The token of a delivery or of an expected callback.
  var token: DeliveryToken?
}

extension CallbackTarget {
  init(_ endpoint: CallbackEndpoint) {
    self.init(
      endpoint: endpoint.name,
      group: endpoint.group,
      provider: endpoint.provider,
      authentication: endpoint.authentication
    )
  }

  /// Creates the target of a single expected callback, with an endpoint and a group that nothing else shares.
  init(expecting provider: any CallbackProvider, as name: String, token: DeliveryToken) {
    self.init(
      endpoint: name,
      group: name,
      provider: provider,
      // The token is 128 random bits that only the expected sender was given.
      authentication: provider.isSigned ? .signature : .none,
      token: token
    )
  }
}
