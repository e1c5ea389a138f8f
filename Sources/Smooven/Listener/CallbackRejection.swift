internal import HTTPTypes

/// A reason for refusing a request, and the response that reports it.
struct CallbackRejection: Error {
  let status: HTTPResponse.Status
  /// The reason under which the refusal is counted.
  let reason: String
  /// A description of the problem for the log.
  ///
  /// It contains nothing from the request.
  let message: String
  var headerFields: HTTPFields = [:]
  /// The age of the signed time, if that was wrong.
  var age: Duration?

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

  /// Returns a rejection after which the sender retries.
  static func unavailable(_ reason: String, _ message: String) -> CallbackRejection {
    CallbackRejection(
      status: .serviceUnavailable,
      reason: reason,
      message: message,
      headerFields: [.retryAfter: "5"]
    )
  }

  /// The rejection of a callback that only another process may acknowledge.
  static let expectedElsewhere = unavailable("elsewhere", "another process expects it")

  var response: HTTPResponse { HTTPResponse(status: status, headerFields: headerFields) }
}
