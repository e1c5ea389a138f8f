package import SmoovenCallbacks

/// The result of a request at an endpoint, for a command that prints, forwards or captures requests.
package struct CallbackNote: Sendable {
  /// The result of a request.
  package enum Result: Sendable {
    /// The events are stored; this is what became of the last one.
    case accepted(CallbackDisposition)
    /// A challenge got its reply.
    case challenge
    /// It was refused: the reason under which it's counted, and a message that holds nothing of the request.
    case refused(reason: String, message: String)
  }

  /// The endpoint's name, or `nil` if the path leads to none.
  package let endpoint: String?
  /// The events that were read.
  ///
  /// If the request was refused, these are the rest of a batch, or none.
  package let events: [CallbackEvent]
  /// The status of the response.
  package let status: Int
  package let result: Result

  package init(endpoint: String?, events: [CallbackEvent], status: Int, result: Result) {
    self.endpoint = endpoint
    self.events = events
    self.status = status
    self.result = result
  }

  /// The name of its event, or the number of them.
  package var eventName: String {
    events.count == 1 ? events.first?.name ?? "" : "\(events.count) events"
  }
}
