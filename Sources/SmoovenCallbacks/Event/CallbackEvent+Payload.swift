internal import Synchronization

extension CallbackEvent {
  /// A payload that is there, or one that is parsed when somebody asks, and once.
  final class Payload: Sendable {
    /// The JSON as it came; `nil` for a payload that was made.
    let text: [UInt8]?
    private let parsed: Mutex<JSONValue?>

    init(_ value: JSONValue) {
      text = nil
      parsed = Mutex(value)
    }

    /// The payload that a body holds, which is known to be JSON.
    init(of body: [UInt8]) {
      text = body
      parsed = Mutex(nil)
    }

    var value: JSONValue {
      parsed.withLock { parsed in
        if let parsed { return parsed }
        // The body was read before, by the same rules.
        let value = text.flatMap { try? JSONValue(parsing: $0) } ?? .null
        parsed = value
        return value
      }
    }
  }
}

extension CallbackEvent.Payload: Hashable {
  static func == (left: CallbackEvent.Payload, right: CallbackEvent.Payload) -> Bool {
    left === right || left.value == right.value
  }

  func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
