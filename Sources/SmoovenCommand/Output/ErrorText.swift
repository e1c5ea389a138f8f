internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Smooven
internal import SmoovenSupport

/// An error as a command says it to the person who typed the command.
///
/// It says more than an error's description, which must be safe to log: Smooven's own message, which may repeat the address
/// that the person typed, and what an underlying error of the system says.
struct ErrorText: CustomStringConvertible {
  private let error: any Error

  init(_ error: any Error) { self.error = error }

  var description: String {
    guard var error = error as? SmoovenError else { return Self.cause(error) ?? "\(error)" }
    let said = error.apiMessage.map { "; Smooven says: \($0.printable)" } ?? ""
    let cause = error.cause
    error.cause = nil
    guard let cause else { return "\(error)\(said)" }
    // Its type alone, if what it says isn't known to be safe.
    return "\(error)\(said); cause: \(Self.cause(cause) ?? "\(type(of: cause))")"
  }

  /// Returns the text of another library's error, or `nil` if it may contain anything.
  private static func cause(_ error: any Error) -> String? {
    switch error {
    case let error as SmoovenError: "\(Self(error))"
    case let error as DeliveryStoreError:
      error.cause.flatMap(cause).map { "\(error); cause: \($0)" } ?? "\(error)"
    case let error as NIOConnectionError:
      error.connectionErrors.isEmpty
        ? "the host wasn't found" : error.connectionErrors.compactMap { cause($0.error) }.first
    case let error as HTTPClientError: error.shortDescription
    // These hold what the system or the TLS library says, and nothing that was sent.
    case is IOError, is ChannelError, is NIOSSLError, is NIOSSLExtraError: "\(error)"
    default: nil
    }
  }
}
