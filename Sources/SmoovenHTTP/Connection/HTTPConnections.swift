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
    var open: [ObjectIdentifier: any Channel] = [:]
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
      // Refused connections linger: they are worth as many places again, not more.
      guard !state.isStopping, state.open.count / 2 < maximum else { return .dropped }
      let admission: Admission = state.open.count < maximum ? .served : .refused
      state.open[id] = channel
      return admission
    }
    if admission != .dropped {
      channel.closeFuture.whenComplete { _ in
        _ = self.state.withLock { $0.open.removeValue(forKey: id) }
      }
    }
    return admission
  }

  /// Lets requests in flight finish and closes every connection that has none.
  func quiesce() {
    let (isFirst, channels) = stopAdmitting()
    guard isFirst else { return }
    for channel in channels {
      channel.eventLoop.execute {
        channel.pipeline.syncOperations.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
      }
    }
  }

  func cut() {
    for channel in stopAdmitting().open { channel.cut() }
  }

  /// Waits until every connection is closed; nobody is admitted any more.
  func drained(on eventLoop: any EventLoop) async {
    let closings = stopAdmitting().open.map(\.closeFuture)
    try? await EventLoopFuture<Void>.andAllComplete(closings, on: eventLoop).get()
  }

  private func stopAdmitting() -> (isFirst: Bool, open: [any Channel]) {
    state.withLock { state in
      defer { state.isStopping = true }
      return (!state.isStopping, Array(state.open.values))
    }
  }
}
