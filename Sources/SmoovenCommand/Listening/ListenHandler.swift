internal import HTTPTypes
internal import Smooven
internal import SmoovenHTTP

/// Handles the requests of `listen`: responds like a receiver, and captures and forwards them.
struct ListenHandler: HTTPServerHandler {
  let receiver: CallbackReceiver
  var hops = ForwardHops()
  var forwarder: Forwarder?
  var capture: CaptureFile?
  /// Receives lines for a person.
  var say: @Sendable (_ line: String) -> Void = { Terminal.printError($0) }
  /// Indicates whether events can still be printed and captured.
  var isWritable: @Sendable () -> Bool = { Terminal.outputFailure == nil }

  func answer(_ request: HTTPServerRequest) -> Answer<HTTPServerReply> {
    // What can't be printed isn't acknowledged: the sender tries again.
    guard isWritable(), capture?.failure == nil else { return .now(Self.unavailable) }
    // Only what this listener forwards can come back.
    if forwarder != nil, hops.isLoop(request.head) {
      say("refused: 508 loop: the request was forwarded by this listener before; check --forward-to")
      return .now(.response(HTTPServerResponse(status: .init(code: 508, reasonPhrase: "Loop Detected"))))
    }
    guard forwarder != nil || capture != nil else { return receiver.answer(request) }
    return receiver.answer(request) { [self] note in
      capture?.write(request, note)
      forwarder?.take(request, note)
    }
    // A request that isn't in the file isn't acknowledged either. Its event is stored, so the next one is a duplicate.
    .map { [capture] reply in capture?.failure == nil ? reply : Self.unavailable }
  }

  private static let unavailable = HTTPServerReply.response(
    HTTPServerResponse(status: .serviceUnavailable, headerFields: [.retryAfter: "5"])
  )
}
