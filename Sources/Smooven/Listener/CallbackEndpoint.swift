public import SmoovenCallbacks

/// Where a listener takes the callbacks of one provider, and what a sender must show.
///
/// Several endpoints may share a provider, with secrets of their own: two projects of one service, or the two
/// webhooks of Smobi.
public struct CallbackEndpoint: Sendable {
  /// Who sends.
  public let provider: any CallbackProvider
  /// The endpoint's name: it stands at `/callbacks/<name>`, and in ``CallbackEvent/endpoint``.
  public let name: String
  /// The group whose waits and deliveries its events may settle.
  ///
  /// Endpoints with different secrets belong to different groups, so that the sender of one can't settle the waits of
  /// another. Only endpoints of one sender share a group, such as Smobi's two webhooks.
  public let group: String
  /// The credentials that a sender must present, in addition to the signature of a provider that signs.
  public let authentication: CallbackAuthentication

  /// Makes an endpoint.
  ///
  /// - Parameters:
  ///   - provider: Who sends.
  ///   - name: The endpoint's name, of a to z, 0 to 9, `-` and `_`. The provider's own.
  ///   - group: The group whose waits its events may settle. Defaults to the endpoint's name.
  ///   - authentication: What a sender must show. By default the signature; for a provider that doesn't sign, a fresh
  ///     token in the URL (``CallbackListener/callbackURL(of:)``): give one of your own if the URL must outlive the
  ///     process.
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
