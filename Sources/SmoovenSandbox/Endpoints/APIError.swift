internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenHTTP

/// An error response in the documented shape.
struct APIError: Error, Hashable {
  var status: HTTPResponse.Status
  var code: String
  var message: String
  var headerFields = HTTPFields()

  /// Returns a 400 whose message names the field.
  static func badRequest(_ code: String, _ message: String) -> APIError {
    APIError(status: .badRequest, code: code, message: message)
  }

  /// Returns a 400 for a rule that has no separate code.
  static func invalidRequest(_ message: String) -> APIError { badRequest("invalid_request", message) }

  static func notFound(_ code: String, _ message: String) -> APIError {
    APIError(status: .notFound, code: code, message: message)
  }

  var body: JSONValue {
    ["success": false, "error": ["code": .string(code), "message": .string(message)]]
  }
}
