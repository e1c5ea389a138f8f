internal import ArgumentParser
internal import Smooven

/// A provider's secret as `--secret` accepts it, `NAME=VALUE`.
///
/// Any text is accepted here and checked by the command, because the parser quotes what it refuses, and if the name was
/// left out, that would be the secret.
struct SecretArgument: ExpressibleByArgument, Sendable {
  /// The name and the secret, or `nil` if there's no name.
  let pair: (name: String, secret: Secret)?

  init(argument: String) {
    pair = KeyValue(argument: argument).map { ($0.key, Secret($0.value)) }
  }
}
