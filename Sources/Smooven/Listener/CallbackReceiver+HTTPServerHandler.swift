internal import SmoovenCallbacks
package import SmoovenHTTP

extension CallbackReceiver: HTTPServerHandler {
  package func answer(_ request: consuming HTTPServerRequest) -> Answer<HTTPServerReply> {
    answer(request, noting: nil)
  }

  /// Returns the reply to a request, and notes the result of the request.
  package func answer(
    _ request: consuming HTTPServerRequest,
    noting receive: (@Sendable (CallbackNote) -> Void)?
  ) -> Answer<HTTPServerReply> {
    // Not `map`, which isn't specialized across modules and takes longer than the transformation.
    switch respond(to: CallbackRequest(request), noting: receive) {
    case .now(let response): .now(.response(HTTPServerResponse(response)))
    case .later(let work): .later { .response(HTTPServerResponse(await work())) }
    }
  }
}

extension HTTPServerResponse {
  fileprivate init(_ response: consuming CallbackResponse) {
    self.init(head: response.head, body: response.body)
  }
}

extension CallbackRequest {
  package init(_ request: consuming HTTPServerRequest) {
    self.init(head: request.head, body: request.body, remoteAddress: request.remoteAddress)
  }
}
