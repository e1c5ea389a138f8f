internal import ArgumentParser
internal import Smooven

/// The secrets of one provider.
struct SecretOptions: ParsableArguments {
  @Option(
    help: """
      A secret; repeat it while secrets are rotated. Other users of this machine can see it in the list of processes: \
      prefer <NAME>_WEBHOOK_SECRET, or --secret-file.
      """
  )
  var secret: [String] = []

  @Option(help: "A file with secrets, one a line.", completion: .file())
  var secretFile: [String] = []

  /// Returns the secrets that were given, or those of the environment.
  ///
  /// - Throws: ``InputFile/Failure`` if a file can't be read, and an error if there's no secret.
  func secrets(of provider: KnownProvider) throws -> [Secret] {
    let files = try secretFile.flatMap { try InputFile.secrets($0) }
    return try provider.secrets(given: secret.map { Secret($0) } + files)
  }
}

/// The secrets of several providers.
struct NamedSecretOptions: ParsableArguments {
  @Option(
    help: """
      A provider's secret, as NAME=VALUE; repeat it while secrets are rotated. Other users of this machine can see it in \
      the list of processes: prefer <NAME>_WEBHOOK_SECRET, or --secret-file.
      """
  )
  var secret: [SecretArgument] = []

  @Option(help: "A file with a provider's secrets, one a line, as NAME=PATH.", completion: .file())
  var secretFile: [KeyValue] = []

  /// Checks that each one names one of some providers.
  func validate(for providers: [KnownProvider]) throws {
    let names = Set(providers.map(\.name))
    guard secret.allSatisfy({ $0.pair.map { names.contains($0.name) && $0.secret.count > 0 } ?? false })
    else {
      throw ValidationError(
        "--secret is written NAME=VALUE, without a space and with the name of a --provider."
      )
    }
    guard secretFile.allSatisfy({ names.contains($0.key) && !$0.value.isEmpty }) else {
      throw ValidationError("--secret-file is written NAME=PATH, with the name of a --provider.")
    }
  }

  /// Returns the secrets that were given for a provider, or those of the environment.
  ///
  /// - Throws: ``InputFile/Failure`` if a file can't be read, and an error if there's no secret.
  func secrets(of provider: KnownProvider) throws -> [Secret] {
    let files = try secretFile.filter { $0.key == provider.name }.flatMap { try InputFile.secrets($0.value) }
    let given = secret.compactMap(\.pair).filter { $0.name == provider.name }.map(\.secret)
    return try provider.secrets(given: given + files)
  }
}
