/// A gate that holds callers back until a service has started, or is known never to start.
package final class StartGate<Value: Sendable>: Sendable {
  private enum Phase: Sendable {
    case idle
    case starting
    case open(Value)
    case closed
  }

  private let phase = Watched(Phase.idle)

  package init() {}

  /// Whether this is the first call, so that the caller may start.
  package func begin() -> Bool {
    phase.update { phase in
      guard case .idle = phase else { return false }
      phase = .starting
      return true
    }
  }

  /// Lets all callers through.
  package func open(with value: Value) {
    phase.update { phase in
      if case .closed = phase { return }
      phase = .open(value)
    }
  }

  /// Closes the gate permanently, so that waiting callers get `nil`.
  package func close() {
    phase.update { $0 = .closed }
  }

  /// The value, or `nil` if the gate isn't open.
  package var current: Value? {
    phase.read { phase in
      if case .open(let value) = phase { value } else { nil }
    }
  }

  /// Whether the gate was closed.
  package var isClosed: Bool {
    phase.read { phase in
      if case .closed = phase { true } else { false }
    }
  }

  /// Waits for the value, and returns `nil` if the gate was closed.
  ///
  /// - Throws: `CancellationError` if the caller is cancelled.
  package func value() async throws -> Value? {
    try await phase.first { phase -> Value?? in
      switch phase {
      case .idle, .starting: nil
      case .open(let value): .some(value)
      case .closed: .some(nil)
      }
    }
  }

  /// Waits until the gate is closed.
  ///
  /// - Throws: `CancellationError` if the caller is cancelled.
  package func closed() async throws {
    try await phase.first { phase in
      if case .closed = phase { () } else { nil }
    }
  }
}
