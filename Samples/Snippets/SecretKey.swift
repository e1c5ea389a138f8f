import Foundation
import Smooven

func secretKeyFromEnvironment() throws -> Secret {
  guard let key = ProcessInfo.processInfo.environment["SMOOVEN_SECRET_KEY"] else {
    throw SmoovenError(.invalidConfiguration, "SMOOVEN_SECRET_KEY is not set")
  }
  return Secret(key)
}

func rotating(current: Secret, previous: Secret) -> SmoovenConfiguration {
  var configuration = SmoovenConfiguration(secretKey: current)
  // Smooven signs with the old key for up to 24 h after a rotation.
  configuration.previousSecretKeys = [previous]
  return configuration
}
