public import HTTPTypes
internal import SmoovenCallbacks

/// A response of a ``SmoovenDashboard``.
public struct DashboardReply: Sendable {
  /// The status and the header fields.
  public var head: HTTPResponse
  /// The whole body, unless there are ``events``.
  public var body: [UInt8]
  /// The pieces of a body without an end, or `nil` for any other response.
  ///
  /// Send each piece when the client has accepted the one before, and stop when the client disconnects.
  public var events: DashboardEvents?

  /// Creates a response without a body.
  init(_ status: HTTPResponse.Status) {
    head = HTTPResponse(status: status, headerFields: Self.fields)
    body = []
  }

  /// The header fields of every response: keep nothing, guess nothing, and show it nowhere else.
  private static let fields: HTTPFields = {
    var fields: HTTPFields = [
      .cacheControl: "no-store", .xContentTypeOptions: "nosniff", .contentSecurityPolicy: policy,
    ]
    for (name, value) in [
      ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
      ("Cross-Origin-Resource-Policy", "same-origin"),
    ] {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    return fields
  }()

  /// Scripts, styles and data of this origin only, and no text that becomes a script.
  static let policy = """
    default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'
    """

  /// A response with JSON.
  static func json(_ value: JSONValue, _ status: HTTPResponse.Status = .ok) -> Self {
    var reply = Self(status)
    reply.head.headerFields[.contentType] = "application/json"
    reply.body = value.bytes
    return reply
  }

  /// A response that says what is wrong.
  static func failure(_ status: HTTPResponse.Status, _ message: String) -> Self {
    json(["error": .string(message)], status)
  }
}
