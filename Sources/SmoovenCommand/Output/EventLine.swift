internal import Smooven
internal import SmoovenSupport

/// An event in one line, for people.
enum EventLine {
  /// Writes the line and its end.
  static func write(_ event: CallbackEvent, to bytes: inout [UInt8]) {
    // Text from the network must not control the terminal.
    func write(_ part: String?, then end: String = "  ") {
      bytes += (part ?? "-").printable.utf8
      bytes += end.utf8
    }
    write(event.occurredAt.map(RFC3339.format))
    write(event.endpoint)
    write(event.name)
    write(event.kind.rawValue)
    write(event.channel?.rawValue)
    write(event.correlationIDs.first)
    write(event.failure.map { $0.reason ?? $0.code ?? "" }, then: "\n")
  }
}
