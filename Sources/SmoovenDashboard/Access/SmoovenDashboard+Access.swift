public import HTTPTypes
internal import Smooven
internal import SmoovenHTTP

extension SmoovenDashboard {
  /// The visitors that may read the data and act.
  public struct Access: Sendable {
    private enum Rule: Sendable {
      case token(Secret, text: String)
      case custom(@Sendable (HTTPRequest) async -> Bool)
      case anyone
    }

    private let rule: Rule

    /// Everyone with the link: a fresh token of 128 random bits each time that this is read, see ``SmoovenDashboard/path``.
    public static var oneTimeLink: Access {
      let text = DeliveryToken().text
      return Access(rule: .token(Secret(text), text: text))
    }

    /// Requests that a closure admits, such as those of a session that your server knows.
    ///
    /// It's asked for each request of data and for each action, not for the page itself, which holds no data. If your
    /// sessions are cookies, mark them `SameSite`.
    public static func custom(_ admits: @escaping @Sendable (HTTPRequest) async -> Bool) -> Access {
      Access(rule: .custom(admits))
    }

    /// Every client that can reach the server.
    ///
    /// Spell it out only if something else checks requests before.
    public static let none = Access(rule: .anyone)

    /// The way to the page.
    var path: String {
      if case .token(_, let text) = rule { "/#\(text)" } else { "/" }
    }

    /// Indicates whether a request may pass.
    func admits(_ request: HTTPRequest) async -> Bool {
      switch rule {
      case .anyone: return true
      case .custom(let admits): return await admits(request)
      case .token(let token, _):
        return request.headerFields.bearerToken.map { Secret($0) == token } ?? false
      }
    }
  }
}
