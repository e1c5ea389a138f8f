internal import Smooven

extension ToolFailure {
  /// Creates the failure of a send, with advice on what to do.
  ///
  /// It contains no text from the service.
  init(_ error: SmoovenError) {
    // The service's code is a single word. Anything else that it may contain isn't for a model to read.
    let code = error.apiCode.map { String($0.prefix(64).filter { $0.isASCII && ($0.isLetter || $0 == "_") }) }
    let reason = "\(error.code)\(code.map { " (\($0))" } ?? ""): \(error.message)."
    self.init("\(reason) \(Self.advice(error))")
  }

  private static func advice(_ error: SmoovenError) -> String {
    switch error.code {
    case .idempotencyConflict:
      "This idempotency_key belongs to another message. Use a fresh key for a new message."
    case .rejected, .invalidRequest, .notFound:
      "Nothing was sent. Correct the arguments, or tell your user."
    case .unauthorized, .invalidConfiguration:
      "Nothing was sent. Your user must correct the server's configuration."
    case .rateLimited, .unavailable, .connectionFailed, .overloaded, .serverError:
      "Nothing was sent. You may call again once, later, with the same arguments."
    case .storeFailed, .closed, .notRunning:
      "The server can't work now. Tell your user."
    default:
      "Don't repeat the call. Tell your user."
    }
  }
}
