internal import SmoovenCallbacks

/// Where a path leads, and what a sender must show there.
struct CallbackDestination {
  let endpoint: String
  let scope: String
  let provider: any CallbackProvider
  let authentication: CallbackAuthentication
  var pathText: String?
  var token: DeliveryToken?
}

extension CallbackDestination {
  init(_ endpoint: CallbackEndpoint, pathText: String? = nil, token: DeliveryToken? = nil) {
    self.init(
      endpoint: endpoint.name,
      scope: endpoint.provider.name,
      provider: endpoint.provider,
      authentication: endpoint.authentication,
      pathText: pathText,
      token: token
    )
  }
}
