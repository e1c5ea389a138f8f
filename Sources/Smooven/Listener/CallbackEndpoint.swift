public import SmoovenCallbacks

/// A place where a listener receives the callbacks of one provider, and the credentials that a sender must present.
///
/// Several endpoints may share a provider, each with its own secrets, such as two projects of one service, or the two
/// webhooks of Smobi.
public struct CallbackEndpoint: Sendable {
  /// The provider whose callbacks are received.
  public let provider: any CallbackProvider
  /// The endpoint's name, which is in its path, `/callbacks/<name>`, and in ``CallbackEvent/endpoint``.
  public let name: String
  /// The group whose waits and deliveries the endpoint's events may settle.
  ///
  /// Put endpoints with different secrets into different groups, so that the sender of one can't settle the waits of
  /// another. Only endpoints of one sender should share a group, such as Smobi's two webhooks.
  public let group: String
  /// The credentials that a sender must present, in addition to the signature of a provider that signs.
  public let authentication: CallbackAuthentication

  /// Creates an endpoint.
  ///
  /// - Parameters:
  ///   - provider: The provider whose callbacks are received.
  ///   - name: The endpoint's name, made up of a to z, 0 to 9, `-` and `_`. Defaults to the provider's name.
  ///   - group: The group whose waits the endpoint's events may settle. Defaults to the endpoint's name.
  ///   - authentication: The credentials that a sender must present. Defaults to the signature, or for a provider that
  ///     doesn't sign, to a new token in the URL (see ``CallbackListener/callbackURL(of:)``). Pass your own token if
  ///     the URL must outlive the process.
  public init(
    _ provider: any CallbackProvider,
    name: String? = nil,
    group: String? = nil,
    authentication: CallbackAuthentication? = nil
  ) {
    self.provider = provider
    self.name = name ?? provider.name
    self.group = group ?? name ?? provider.name
    self.authentication =
      authentication ?? (provider.isSigned ? .signature : .token(Secret(DeliveryToken().text)))
  }

  func validate() throws(SmoovenError) {
    guard !name.isEmpty, !["callbacks", "healthz", Question.answerEndpoint].contains(name),
      name.utf8.allSatisfy(Self.isPlain)
    else {
      throw .misconfigured(
        "endpoints",
        "a name may hold only a to z, 0 to 9, '-' and '_', and not be empty, answers, callbacks or healthz"
      )
    }
    if case .signature = authentication.wrapped, !provider.isSigned {
      throw .misconfigured(
        "endpoints",
        "\(provider.name) does not sign; choose a token, basic authentication, addresses, or none"
      )
    }
    guard !group.isEmpty, group.utf8.allSatisfy(Self.isPlain) else {
      throw .misconfigured("endpoints", "the group of \(name) may hold only a to z, 0 to 9, '-' and '_'")
    }
    try authentication.validate(for: name)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
  }
}
