internal import Smooven

/// A factory of providers by the names that the command line knows.
enum ProviderFactory {
  static let names = ["smooven", "notificationapi", "pingram", "smartlyq", "smobi", "standardwebhooks"]

  /// Returns whether the callbacks of a provider are signed.
  static func isSigned(_ name: String) -> Bool {
    name != "notificationapi" && name != "smobi"
  }

  /// Returns a new provider that signs, or `nil` for one that doesn't.
  static func signing(_ name: String, secrets: [Secret]) throws -> (any SigningCallbackProvider)? {
    switch name {
    case "smooven": try SmoovenCallbackProvider(secrets: secrets)
    case "pingram": try PingramCallbackProvider(secrets: secrets)
    case "smartlyq": try SmartlyQCallbackProvider(secrets: secrets)
    case "standardwebhooks": try StandardWebhooksCallbackProvider(secrets: secrets)
    default: nil
    }
  }

  /// Returns a new provider.
  static func make(_ name: String, secrets: [Secret]) throws -> any CallbackProvider {
    if let provider = try signing(name, secrets: secrets) { return provider }
    return name == "smobi" ? SmobiCallbackProvider() : NotificationAPICallbackProvider()
  }

  /// Returns a new endpoint with the given secrets, or those from the environment.
  static func endpoint(_ name: String, secrets: [Secret], token: String?) throws -> CallbackEndpoint {
    guard isSigned(name) else {
      return CallbackEndpoint(
        try make(name, secrets: []),
        authentication: token.map { CallbackAuthentication.token(Secret($0)) }
      )
    }
    return CallbackEndpoint(try make(name, secrets: try self.secrets(of: name, given: secrets)))
  }

  /// Returns the given secrets, or those from the environment.
  static func secrets(of name: String, given: [Secret]) throws -> [Secret] {
    let variable = "\(name.uppercased())_WEBHOOK_SECRET"
    let fallbacks = name == "smooven" ? ["SMOOVEN_SECRET_KEY"] : []
    let secrets = given.isEmpty ? Environment.secrets([variable] + fallbacks) : given
    guard !secrets.isEmpty else {
      throw CallbackConfigurationError(.noSecret, "\(name): no secret; give --secret or set \(variable)")
    }
    return secrets
  }
}
