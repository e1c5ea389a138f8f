internal import HTTPTypes

/// Why a request isn't accepted, and the response that says so.
struct CallbackRejection: Error {
  let status: HTTPResponse.Status
  /// The reason under which it is counted.
  let reason: String
  /// What was wrong, for the log.
  ///
  /// Holds nothing of the request.
  let message: String
  var headerFields: HTTPFields = [:]

  static let notFound = CallbackRejection(
    status: .notFound,
    reason: "not_found",
    message: "no endpoint has this path"
  )

  static func notAllowed(besides methods: [HTTPRequest.Method]) -> CallbackRejection {
    CallbackRejection(
      status: .methodNotAllowed,
      reason: "method_not_allowed",
      message: "the method isn't allowed",
      headerFields: [.allow: methods.map(\.rawValue).joined(separator: ", ")]
    )
  }

  /// The sender tries again.
  static func unavailable(_ reason: String, _ message: String) -> CallbackRejection {
    CallbackRejection(
      status: .serviceUnavailable,
      reason: reason,
      message: message,
      headerFields: [.retryAfter: "5"]
    )
  }

  var response: HTTPResponse { HTTPResponse(status: status, headerFields: headerFields) }
}
