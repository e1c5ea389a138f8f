internal import ArgumentParser
internal import Smooven

/// A provider's secret as `--secret` takes it, `NAME=VALUE`.
///
/// Any text is taken here and judged by the command: the parser quotes what it refuses, and with the name
/// forgotten that would be the secret.
struct SecretArgument: ExpressibleByArgument, Sendable {
  /// The name and the secret, or `nil` when there is no name.
  let pair: (name: String, secret: Secret)?

  init(argument: String) {
    pair = KeyValue(argument: argument).map { ($0.key, Secret($0.value)) }
  }
}
