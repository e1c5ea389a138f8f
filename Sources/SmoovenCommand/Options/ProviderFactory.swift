internal import Smooven

/// Creates providers by the names that the command line knows.
enum ProviderFactory {
  static let names = ["smooven", "notificationapi", "pingram", "smartlyq", "smobi", "standardwebhooks"]

  /// Returns whether the callbacks of a provider are signed.
  static func isSigned(_ name: String) -> Bool {
    name != "notificationapi" && name != "smobi"
  }

  /// Returns a provider that signs, or `nil` for one that doesn't.
  static func signing(_ name: String, secrets: [Secret]) throws -> (any SigningCallbackProvider)? {
    switch name {
    case "smooven": try SmoovenCallbackProvider(secrets: secrets)
    case "pingram": try PingramCallbackProvider(secrets: secrets)
    case "smartlyq": try SmartlyQCallbackProvider(secrets: secrets)
    case "standardwebhooks": try StandardWebhooksCallbackProvider(secrets: secrets)
    default: nil
    }
  }

  /// Returns a provider.
  static func make(_ name: String, secrets: [Secret]) throws -> any CallbackProvider {
    if let provider = try signing(name, secrets: secrets) { return provider }
    return name == "smobi" ? SmobiCallbackProvider() : NotificationAPICallbackProvider()
  }

  /// The secrets that were given, or those of the environment.
  static func secrets(of name: String, given: [Secret]) throws -> [Secret] {
    let variable = "\(name.uppercased())_WEBHOOK_SECRET"
    let fallbacks = name == "smooven" ? ["SMOOVEN_SECRET_KEY"] : []
    let secrets = given.isEmpty ? Environment.secrets([variable] + fallbacks) : given
    guard !secrets.isEmpty else {
      throw CallbackConfigurationError(
        .noSecret,
        "\(name): no secret; set \(variable), or give --secret-file or --secret"
      )
    }
    return secrets
  }
}
