#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// An error that prevents a server from running.
package struct HTTPServerError: Error, Sendable, CustomStringConvertible {
  package enum Kind: Sendable, Hashable {
    case addressInUse
    case permissionDenied
    case cannotBind
    case tls(file: String)
    case alreadyRun
  }

  package var kind: Kind

  /// A human-readable description of the cause and how to fix it.
  package var message: String

  package var description: String { message }

  init(kind: Kind, message: String) {
    self.kind = kind
    self.message = message
  }
}

extension HTTPServerError {
  static let alreadyRun = HTTPServerError(
    kind: .alreadyRun,
    message: "this server has already run: create a new one"
  )

  static func binding(_ address: HTTPServerAddress, errno code: CInt?) -> Self {
    switch code {
    case EADDRINUSE:
      HTTPServerError(
        kind: .addressInUse,
        message: "port \(address.port) is already in use: choose another port, or stop the other process"
      )
    case EACCES, EPERM:
      HTTPServerError(
        kind: .permissionDenied,
        message: "no permission to listen on \(address): choose a port of 1024 or above"
      )
    default:
      HTTPServerError(
        kind: .cannotBind,
        message: "cannot listen on \(address): check that the host is an address of this machine "
          + "and the port is between 0 and 65535"
      )
    }
  }
}
