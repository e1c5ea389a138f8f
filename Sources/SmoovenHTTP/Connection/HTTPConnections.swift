internal import NIOCore
internal import Synchronization

/// The open connections of a server.
final class HTTPConnections: Sendable {
  enum Admission: Equatable {
    case served
    /// Over a limit, but worth an answer.
    case refused(HTTPServerRefusal)
    /// Far over a limit.
    case dropped(HTTPServerRefusal)
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
    var isStopping = false
  }

  private let maximum: Int
  private let maximumPerNetwork: Int?
  private let state = Mutex(State())

  init(maximum: Int, maximumPerNetwork: Int?) {
    self.maximum = maximum
    self.maximumPerNetwork = maximumPerNetwork
  }

  /// How many connections are open, those that are being refused too.
  var count: Int {
    state.withLock { $0.served.channels.count + $0.refused.channels.count }
  }

  func admit(_ channel: any Channel) -> Admission {
    let id = ObjectIdentifier(channel)
    // Without a limit by address nobody has to know it.
    let network = maximumPerNetwork == nil ? nil : HTTPClientNetwork(channel.remoteAddress)
    let admission: Admission = state.withLock { state in
      guard !state.isStopping else { return .late }
      guard let refusal = excess(in: state.served, network) else {
        state.served.insert(channel, network)
        return .served
      }
      // Those that are told why are as many again: one address must not take the answers of all others either.
      guard excess(in: state.refused, network) == nil else { return .dropped(refusal) }
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

  /// The limit at which a group is.
  private func excess(in group: Group, _ network: HTTPClientNetwork?) -> HTTPServerRefusal? {
    if let network, let maximumPerNetwork, group.networks[network, default: 0] >= maximumPerNetwork {
      return .tooManyConnectionsOfAddress
    }
    return group.channels.count >= maximum ? .tooManyConnections : nil
  }

  /// Lets requests in flight finish and closes every connection that has none; called once.
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

  /// Waits until every connection is closed; nobody is admitted any more.
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
