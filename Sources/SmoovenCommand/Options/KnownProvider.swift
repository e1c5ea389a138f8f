internal import ArgumentParser
internal import Smooven

/// A provider that the command line knows by its name.
enum KnownProvider: String, CaseIterable, ExpressibleByArgument, Sendable {
  case smooven, notificationapi, pingram, smartlyq, smobi, standardwebhooks

  var name: String { rawValue }

  /// Whether its callbacks are signed.
  var isSigned: Bool { self != .notificationapi && self != .smobi }

  /// Returns the provider, as one that signs, or `nil` if it doesn't.
  func signing(_ secrets: [Secret]) throws -> (any SigningCallbackProvider)? {
    switch self {
    case .smooven: try SmoovenCallbackProvider(secrets: secrets)
    case .pingram: try PingramCallbackProvider(secrets: secrets)
    case .smartlyq: try SmartlyQCallbackProvider(secrets: secrets)
    case .standardwebhooks: try StandardWebhooksCallbackProvider(secrets: secrets)
    case .notificationapi, .smobi: nil
    }
  }

  /// Returns the provider.
  func provider(_ secrets: [Secret]) throws -> any CallbackProvider {
    if let provider = try signing(secrets) { return provider }
    return self == .smobi ? SmobiCallbackProvider() : NotificationAPICallbackProvider()
  }

  /// Returns the secrets that were given, or those of the environment.
  func secrets(given: [Secret]) throws -> [Secret] {
    let variable = "\(name.uppercased())_WEBHOOK_SECRET"
    let fallbacks = self == .smooven ? ["SMOOVEN_SECRET_KEY"] : []
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
