internal import ArgumentParser

/// The name of a provider that the command line knows.
struct ProviderName: ExpressibleByArgument, Sendable, Hashable {
  let name: String

  init?(argument: String) {
    guard ProviderFactory.names.contains(argument) else { return nil }
    name = argument
  }

  static var allValueStrings: [String] { ProviderFactory.names }
}
