internal import Smooven

/// Makes providers by the names that the command line knows.
enum ProviderFactory {
  static let names = ["smooven"]

  /// Makes a provider with its secrets, or those of the environment.
  static func make(_ name: String, secrets: [Secret]) throws -> any CallbackProvider {
    let variable = "\(name.uppercased())_WEBHOOK_SECRET"
    let secrets = secrets.isEmpty ? Environment.secrets(variable, "SMOOVEN_SECRET_KEY") : secrets
    guard !secrets.isEmpty else {
      throw CallbackConfigurationError("\(name): no secret; give --secret \(name)=… or set \(variable)")
    }
    return try SmoovenCallbackProvider(secrets: secrets)
  }
}
