internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

extension TransportError {
  /// Returns an error that says whether the request can have been sent, given an error of async-http-client.
  ///
  /// A request certainly wasn't sent only if the error occurred before a connection was established.
  static func classifying(_ error: any Error) -> TransportError {
    switch error {
    case let error as TransportError: error
    case is NIOConnectionError:
      TransportError(.notSent, "the connection was refused, or the host was not found", cause: error)
    case ChannelError.connectTimeout:
      TransportError(.notSent, "no connection was established in time", cause: error)
    case let error as IOError: classifying(error)
    case NIOSSLError.handshakeFailed, is NIOSSLExtraError:
      TransportError(.notSent, "the TLS handshake failed", cause: error)
    case let error as HTTPClientError: classifying(error)
    default: TransportError(.noResponse, "the response is missing", cause: error)
    }
  }

  /// Returns an error that says whether the request can have been sent, given a system error.
  ///
  /// Only connecting can fail with these codes. Any other code may come from a connection that was in use.
  private static func classifying(_ error: IOError) -> TransportError {
    switch error.errnoCode {
    case ECONNREFUSED: TransportError(.notSent, "the connection was refused", cause: error)
    case EMFILE, ENFILE, EADDRNOTAVAIL:
      TransportError(.overloaded, "this machine has no socket left for a connection", cause: error)
    default: TransportError(.noResponse, "the response is missing", cause: error)
    }
  }

  private static func classifying(_ error: HTTPClientError) -> TransportError {
    if error == .getConnectionFromPoolTimeout {
      return TransportError(.overloaded, "all connections were in use for too long", cause: error)
    }
    let beforeConnection: [HTTPClientError] = [
      .connectTimeout, .tlsHandshakeTimeout, .alreadyShutdown, .invalidURL, .emptyHost, .emptyScheme,
    ]
    if beforeConnection.contains(error) || error.description.contains("unsupportedScheme") {
      return TransportError(.notSent, "no connection: \(error.shortDescription)", cause: error)
    }
    return TransportError(.noResponse, error.shortDescription, cause: error)
  }
}
