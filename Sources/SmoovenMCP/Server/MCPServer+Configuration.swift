extension MCPServer {
  /// The recipients that a model may notify, how often it may do so, and how long a call may wait.
  public struct Configuration: Sendable {
    /// The recipients that a model may notify.
    public var recipients: RecipientPolicy
    /// The maximum time that one call waits.
    ///
    /// Defaults to 25 seconds. Hosts give up on a call after a while, many of them after 60 seconds and one after 5,
    /// and then they call again.
    public var longestSlice: Duration
    /// The limits on the time within which a notification should arrive.
    ///
    /// Defaults to 5 seconds to one day. A time outside of these limits is changed, and the result says so.
    public var deadline: ClosedRange<Duration>
    /// The maximum number of new notifications in a period, over all peers.
    ///
    /// Defaults to 10 per minute.
    public var rate: SendRate
    /// The tools to offer.
    ///
    /// Defaults to all of them. ``MCPTool/askPerson`` isn't offered if the client only polls, because people answer on a
    /// page of the callback port.
    public var tools: [MCPTool]
    /// The maximum number of calls in progress for one peer.
    ///
    /// Defaults to 64. Above that, the result of a call says to try again later.
    public var maximumCalls: Int
    /// The maximum number of bytes in one message.
    ///
    /// Defaults to 1 MiB.
    public var maximumMessageSize: Int
    /// The clock for slices and deadlines.
    ///
    /// Tests inject a manual one.
    public var clock: any Clock<Duration>

    /// Creates a configuration, in which each value has the default that its property documents.
    public init(
      recipients: RecipientPolicy,
      longestSlice: Duration = .seconds(25),
      deadline: ClosedRange<Duration> = .seconds(5)...(.seconds(86_400)),
      rate: SendRate = .perMinute(10),
      tools: [MCPTool] = MCPTool.all,
      maximumCalls: Int = 64,
      maximumMessageSize: Int = 1 << 20,
      clock: any Clock<Duration> = ContinuousClock()
    ) {
      self.recipients = recipients
      self.longestSlice = longestSlice
      self.deadline = deadline
      self.rate = rate
      self.tools = tools
      self.maximumCalls = maximumCalls
      self.maximumMessageSize = maximumMessageSize
      self.clock = clock
    }
  }
}
