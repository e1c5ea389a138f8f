internal import SmoovenHTTP

/// Holds callers back until something has started, or is known never to.
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

  /// Lets everybody through.
  package func open(with value: Value) {
    phase.update { phase in
      if case .closed = phase { return }
      phase = .open(value)
    }
  }

  /// Lets nobody through any more; whoever waits gets `nil`.
  package func close() {
    phase.update { $0 = .closed }
  }

  /// The value, if there is one by now.
  package var current: Value? {
    phase.read { phase in
      if case .open(let value) = phase { value } else { nil }
    }
  }

  /// Whether nobody is let through any more.
  package var isClosed: Bool {
    phase.read { phase in
      if case .closed = phase { true } else { false }
    }
  }

  /// The value, once there is one; `nil` when there will be none.
  ///
  /// - Throws: `CancellationError` when cancelled.
  package func value() async throws -> Value? {
    try await phase.first { phase -> Value?? in
      switch phase {
      case .idle, .starting: nil
      case .open(let value): .some(value)
      case .closed: .some(nil)
      }
    }
  }
}
