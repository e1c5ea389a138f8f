internal import NIOCore
internal import Synchronization

/// The open connections of a server.
final class HTTPConnections: Sendable {
  enum Admission {
    case served
    /// Over the limit, but worth an answer.
    case refused
    /// Far over the limit, or the server is stopping.
    case dropped
  }

  private struct State {
    var served: [ObjectIdentifier: any Channel] = [:]
    var refused: [ObjectIdentifier: any Channel] = [:]
    var isStopping = false
  }

  private let maximum: Int
  private let state = Mutex(State())

  init(maximum: Int) {
    self.maximum = maximum
  }

  func admit(_ channel: any Channel) -> Admission {
    let id = ObjectIdentifier(channel)
    let admission: Admission = state.withLock { state in
      guard !state.isStopping else { return .dropped }
      if state.served.count < maximum {
        state.served[id] = channel
        return .served
      }
      guard state.refused.count < maximum else { return .dropped }
      state.refused[id] = channel
      return .refused
    }
    guard admission != .dropped else { return .dropped }
    channel.closeFuture.whenComplete { _ in
      self.state.withLock { state in
        state.served[id] = nil
        state.refused[id] = nil
      }
    }
    return admission
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
      return Array(state.served.values) + state.refused.values
    }
  }
}
