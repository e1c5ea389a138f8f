internal import Smooven

/// An event in one line, for people.
struct EventLine {
  let text: String

  init(_ event: CallbackEvent) {
    let parts: [String?] = [
      event.occurredAt.map(RFC3339.format), event.endpoint, event.name, event.kind.rawValue,
      event.channel?.rawValue, event.correlationIDs.first, event.failure.map { $0.reason ?? $0.code ?? "" },
    ]
    // What came off the wire must not steer the terminal.
    var text = ""
    for part in parts {
      if !text.isEmpty { text += "  " }
      text += (part ?? "-").loggable
    }
    self.text = text
  }
}
