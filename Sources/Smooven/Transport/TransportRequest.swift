public import HTTPTypes
public import SmoovenCallbacks

/// A request to send with a ``SmoovenTransport``.
///
/// It's a single value, so that a decorator changes only what it has to and forwards everything else.
public struct TransportRequest: Sendable {
  /// The method, scheme, authority, path and header fields.
  public var head: HTTPRequest
  /// The body, which may be empty.
  public var body: [UInt8]
  /// The maximum time until the whole response has arrived, including the time to connect.
  public var timeout: Duration
  /// A closure that is called exactly once, right before the first byte of the body is sent, or before an empty body
  /// would be.
  ///
  /// If it throws, no byte of the body may be sent. It throws ``TransportError`` with ``TransportError/Code/withheld``
  /// and the reason as its cause, whatever the closure that was passed in throws, so a transport calls it and lets its
  /// error through. Defaults to `nil`.
  ///
  /// The client uses it to record in its store that a notification is about to be sent. The later it's called, the less
  /// often a crash leaves the outcome of a send unclear.
  public let willSend: (@Sendable () async throws -> Void)?

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - head: The method, scheme, authority, path and header fields.
  ///   - body: The body. Defaults to an empty one.
  ///   - timeout: The maximum time until the whole response has arrived.
  ///   - willSend: A closure that is called right before the body is sent, and withholds it by throwing. Defaults to
  ///     `nil`.
  public init(
    head: HTTPRequest,
    body: [UInt8] = [],
    timeout: Duration,
    willSend: (@Sendable () async throws -> Void)? = nil
  ) {
    self.head = head
    self.body = body
    self.timeout = timeout
    if let willSend {
      self.willSend = { try await Self.withholding(willSend) }
    } else {
      self.willSend = nil
    }
  }

  private static func withholding(_ ask: @Sendable () async throws -> Void) async throws {
    do {
      try await ask()
    } catch let error as TransportError where error.code == .withheld {
      throw error
    } catch {
      if error is CancellationError, Task.isCancelled { throw error }
      throw TransportError(.withheld, "the sender withheld the body", cause: error)
    }
  }
}

extension TransportRequest: SafelyDescribed {
  /// The method and the size of the body.
  public var description: String { "TransportRequest(\(head.method.rawValue), \(body.count) bytes)" }
}
