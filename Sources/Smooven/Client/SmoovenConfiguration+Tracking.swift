extension SmoovenConfiguration {
  /// The way in which a client learns what happened to a notification.
  public struct Tracking: Sendable, Hashable {
    private enum Wrapped: Hashable { case callbacks, polling, both }

    private let wrapped: Wrapped
    /// The rate at which the status endpoint is polled, or `nil` if it isn't polled.
    public let pollingPolicy: PollingPolicy?

    /// Smooven sends callbacks, which is the fastest way, and needs a URL that Smooven can reach.
    ///
    /// This is the default.
    public static let callbacks = Tracking(wrapped: .callbacks, pollingPolicy: nil)
    /// Callbacks with the default polling policy, so that the status endpoint is polled in case a callback is lost.
    public static let both = both()

    /// Returns tracking in which the client polls the status endpoint.
    ///
    /// It needs no port and no public URL, and sends no callback URL.
    ///
    /// The client polls only while a task waits for a notification or reads its events. Criteria that no status can
    /// show, such as a reply, are refused. If the response to a send is lost, its waits end immediately as unconfirmed,
    /// because neither an id nor a callback can show what happened.
    public static func polling(_ policy: PollingPolicy = PollingPolicy()) -> Tracking {
      Tracking(wrapped: .polling, pollingPolicy: policy)
    }

    /// Returns tracking with callbacks in which the status endpoint is polled too, in case a callback is lost.
    public static func both(_ policy: PollingPolicy = PollingPolicy()) -> Tracking {
      Tracking(wrapped: .both, pollingPolicy: policy)
    }

    /// Whether the client receives callbacks.
    public var usesCallbacks: Bool { wrapped != .polling }
  }
}
