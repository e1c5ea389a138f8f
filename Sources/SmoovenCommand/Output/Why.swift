internal import Smooven
internal import SmoovenSandbox

/// Prints why a notification wasn't confirmed, on standard error.
enum Why {
  /// Explains a notification, if that's possible.
  ///
  /// - Parameters:
  ///   - client: The client that sent it.
  ///   - handle: The notification.
  ///   - recipient: The recipient, if it's one of the sandbox inside this process.
  static func printed(
    by client: SmoovenClient,
    _ handle: NotificationHandle,
    inSandbox recipient: String?
  ) async {
    guard let explanation = try? await client.explain(handle) else { return }
    for line in explanation.whyLines { Terminal.printError(line) }
    if let story = recipient.flatMap({ SandboxScript(recipient: $0).silence }) {
      Terminal.printError("     → In the sandbox, \(story).")
    }
  }
}

extension SandboxScript {
  /// The events that the script leaves out, or `nil` if it leaves out none.
  fileprivate var silence: String? {
    switch self {
    case .silent: "the recipient silent gets nothing more than queued"
    case .lost: "the recipient lost gets it, and the callback that says so is never sent"
    case .scanner: "the recipient scanner opens links and never answers"
    case .deliver, .fail, .undelivered, .fallback, .early, .duplicate, .reorder, .forged, .open, .click,
      .partial,
      .drop, .error500, .busy, .invalid, .answer:
      nil
    }
  }
}
