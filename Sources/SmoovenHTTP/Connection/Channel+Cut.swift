internal import NIOCore
internal import NIOSSL

extension Channel {
  /// Closes immediately, because a TLS shutdown would wait for the client's.
  func cut() {
    guard eventLoop.inEventLoop else { return eventLoop.execute { self.cut() } }
    if let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
      tls.close(promise: nil)
    } else {
      close(promise: nil)
    }
  }
}
