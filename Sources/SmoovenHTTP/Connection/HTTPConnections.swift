internal import NIOCore
internal import Synchronization

/// The open connections of a server.
final class HTTPConnections: Sendable {
  enum Admission {
    case served
    /// Over a limit, but gets a response.
    case refused(HTTPRefusal)
    /// Far over a limit.
    case dropped(HTTPRefusal)
    /// The server is stopping.
    case late
  }

  private struct Group {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var networks: [HTTPClientNetwork: Int] = [:]

    mutating func insert(_ channel: any Channel, _ network: HTTPClientNetwork?) {
      channels[ObjectIdentifier(channel)] = channel
      if let network { networks[network, default: 0] += 1 }
    }

    mutating func remove(_ id: ObjectIdentifier, _ network: HTTPClientNetwork?) {
      guard channels.removeValue(forKey: id) != nil, let network, let count = networks[network] else {
        return
      }
      networks[network] = count > 1 ? count - 1 : nil
    }
  }

  private struct State {
    var served = Group()
    var refused = Group()
    var limits: HTTPConnectionLimits
    var isStopping = false
  }

  private let maximumPerNetwork: Int?
  private let state: Mutex<State>

  init(limits: HTTPConnectionLimits, maximumPerNetwork: Int?) {
    state = Mutex(State(limits: limits))
    self.maximumPerNetwork = maximumPerNetwork
  }

  /// The number of open connections, including those that are being refused.
  var count: Int {
    state.withLock { $0.served.channels.count + $0.refused.channels.count }
  }

  /// Replaces the limits for future connections.
  func limit(to limits: HTTPConnectionLimits) {
    state.withLock { $0.limits = limits }
  }

  func admit(_ channel: any Channel) -> Admission {
    let id = ObjectIdentifier(channel)
    // Without a limit by address, the address isn't needed.
    let network = maximumPerNetwork == nil ? nil : HTTPClientNetwork(channel.remoteAddress)
    let admission: Admission = state.withLock { state in
      guard !state.isStopping else { return .late }
      guard let refusal = excess(in: state.served, state.limits.served, network) else {
        state.served.insert(channel, network)
        return .served
      }
      // Refusals have the same limit by address, so that one address can't use up the refusal responses of all others.
      guard excess(in: state.refused, state.limits.refused, network) == nil else { return .dropped(refusal) }
      state.refused.insert(channel, network)
      return .refused(refusal)
    }
    switch admission {
    case .served, .refused:
      channel.closeFuture.whenComplete { _ in
        self.state.withLock { state in
          state.served.remove(id, network)
          state.refused.remove(id, network)
        }
      }
    case .dropped, .late: break
    }
    return admission
  }

  /// Returns the refusal for a connection that a group has no room for.
  private func excess(in group: Group, _ maximum: Int, _ network: HTTPClientNetwork?) -> HTTPRefusal? {
    if let network, let maximumPerNetwork, group.networks[network, default: 0] >= maximumPerNetwork {
      return .tooManyConnectionsOfAddress
    }
    return group.channels.count >= maximum ? .tooManyConnections : nil
  }

  /// Lets requests in flight finish, and closes every connection that has none.
  ///
  /// Call it only once.
  func quiesce() {
    for channel in stopAdmitting() {
      channel.eventLoop.execute {
        channel.pipeline.syncOperations.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
      }
    }
  }

  func cut() {
    for channel in stopAdmitting() { channel.cut() }
  }

  /// Waits until every connection is closed, and doesn't admit new ones.
  func drained(on eventLoop: any EventLoop) async {
    let closings = stopAdmitting().map(\.closeFuture)
    try? await EventLoopFuture<Void>.andAllComplete(closings, on: eventLoop).get()
  }

  private func stopAdmitting() -> [any Channel] {
    state.withLock { state in
      state.isStopping = true
      return Array(state.served.channels.values) + state.refused.channels.values
    }
  }
}
