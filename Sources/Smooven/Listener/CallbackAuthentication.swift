internal import HTTPTypes
public import SmoovenCallbacks

internal import struct Foundation.Data

/// The credentials that a sender must present before its callback is processed.
///
/// A signature proves more than any of these, which are for providers that don't sign. Comparisons take the same time
/// whatever is wrong, and the response to wrong credentials is always 401.
public struct CallbackAuthentication: Sendable {
  enum Wrapped: Sendable {
    case signature
    case token(Secret)
    case basic(Secret, isUsable: Bool)
    case addresses([String], [IPAddressRange])
    case none
  }

  let wrapped: Wrapped

  /// Only the provider's signature.
  public static let signature = CallbackAuthentication(wrapped: .signature)

  /// Returns authentication by a token at the end of the URL's path, with at least 16 letters, digits, `-` or `_`.
  ///
  /// Anyone who sees the URL knows the token, so use TLS, and keep paths out of a proxy's access log.
  public static func token(_ token: Secret) -> CallbackAuthentication {
    CallbackAuthentication(wrapped: .token(token))
  }

  /// Returns HTTP basic authentication (RFC 7617).
  public static func basic(user: String, password: Secret) -> CallbackAuthentication {
    let isUsable = password.count >= Secret.minimumCount && !user.contains(":")
    return CallbackAuthentication(
      wrapped: .basic(Secret("\(user):\(password.exposedText)"), isUsable: isUsable)
    )
  }

  /// Returns authentication by IP addresses or ranges, such as `192.0.2.7` or `2001:db8::/32`.
  ///
  /// Behind a proxy, every sender has the proxy's address, so let the proxy check addresses, or use a token.
  public static func addresses(_ ranges: String...) -> CallbackAuthentication {
    CallbackAuthentication(wrapped: .addresses(ranges, ranges.compactMap { IPAddressRange($0) }))
  }

  /// No authentication, so that any client that reaches the port can forge callbacks.
  ///
  /// Use it only for a port that no untrusted client can reach.
  public static let none = CallbackAuthentication(wrapped: .none)

  func validate(for endpoint: String) throws(SmoovenError) {
    switch wrapped {
    case .token(let token):
      guard token.count >= 16, token.exposedText.utf8.allSatisfy(Self.isUnreserved) else {
        throw .misconfigured(
          "endpoints",
          "the token of \(endpoint) must have at least 16 letters, digits, '-' or '_'"
        )
      }
    case .basic(_, let isUsable):
      guard isUsable else {
        throw .misconfigured(
          "endpoints",
          "the password of \(endpoint) needs at least \(Secret.minimumCount) bytes, and its user no colon"
        )
      }
    case .addresses(let texts, let ranges):
      guard !ranges.isEmpty, ranges.count == texts.count else {
        throw .misconfigured("endpoints", "\(endpoint) needs IP addresses or ranges such as 192.0.2.0/24")
      }
    case .signature, .none: break
    }
  }

  /// The last part of the path of an endpoint's URL, if that is the token.
  var pathToken: String? {
    if case .token(let token) = wrapped { token.exposedText } else { nil }
  }

  /// Returns whether a request presents the credentials.
  func admits(_ request: CallbackRequest, pathToken: String?) -> Bool {
    switch wrapped {
    case .signature, .none: true
    case .token(let token): pathToken.map { Secret($0) == token } ?? false
    case .basic(let credentials, _): Self.credentials(in: request).map { $0 == credentials } ?? false
    case .addresses(_, let ranges):
      request.remoteAddress.map { address in ranges.contains { $0.contains(address) } } ?? false
    }
  }

  /// The header fields of a 401 response, for a scheme that HTTP knows (RFC 9110, 11.6.1).
  var challenge: HTTPFields {
    if case .basic = wrapped { [.wwwAuthenticate: #"Basic realm="callbacks""#] } else { [:] }
  }

  private static func credentials(in request: CallbackRequest) -> Secret? {
    let fields = request.head.headerFields[values: .authorization]
    guard fields.count == 1, let field = fields.first, field.lowercased().hasPrefix("basic "),
      let data = Data(base64Encoded: String(field.dropFirst(6)))
    else { return nil }
    return Secret(String(decoding: data, as: UTF8.self))
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
    default: false
    }
  }
}
