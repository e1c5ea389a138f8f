internal import ArgumentParser
internal import Smooven

/// A provider's secret as `--secret` has it, `NAME=VALUE`.
///
/// Any text is accepted here and judged by the command: the parser quotes what it refuses, and if the name was forgotten,
/// that would be the secret.
struct SecretArgument: ExpressibleByArgument, Sendable {
  /// The name and the secret, or `nil` if there is no name.
  let pair: (name: String, secret: Secret)?
  /// The whole text, for commands in which the name may be missing.
  let whole: Secret

  init(argument: String) {
    pair = KeyValue(argument: argument).map { ($0.key, Secret($0.value)) }
    whole = Secret(argument)
  }
}
