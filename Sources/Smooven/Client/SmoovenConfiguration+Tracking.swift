extension SmoovenConfiguration {
  /// How a client learns what became of a notification.
  public struct Tracking: Sendable, Hashable {
    private enum Wrapped: Hashable { case callbacks, polling, both }

    private let wrapped: Wrapped
    /// How the status endpoint is polled; `nil` if it isn't.
    public let pollingPolicy: PollingPolicy?

    /// Smooven calls back: the fastest way, which needs a URL that Smooven can reach.
    ///
    /// The default.
    public static let callbacks = Tracking(wrapped: .callbacks, pollingPolicy: nil)
    /// Both, with the default polling policy: callbacks, and the status endpoint in case one is lost.
    public static let both = both()

    /// The client asks the status endpoint.
    ///
    /// It needs no port and no public URL, and sends no callback URL.
    ///
    /// It asks only while a task waits for a notification or reads its events. Criteria that no status can tell, such as
    /// a reply, are refused. If the response to a send is lost, its waits end immediately as unconfirmed, because neither
    /// an id nor a callback can tell what became of it.
    public static func polling(_ policy: PollingPolicy = PollingPolicy()) -> Tracking {
      Tracking(wrapped: .polling, pollingPolicy: policy)
    }

    /// Callbacks, and the status endpoint in case one is lost.
    public static func both(_ policy: PollingPolicy = PollingPolicy()) -> Tracking {
      Tracking(wrapped: .both, pollingPolicy: policy)
    }

    /// Indicates whether callbacks arrive.
    public var usesCallbacks: Bool { wrapped != .polling }
  }
}
