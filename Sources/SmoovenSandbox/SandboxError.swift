/// Why a sandbox cannot do what was asked of it.
///
/// Errors of the socket, such as a port that is taken, are thrown as they come from the server.
public struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of error it is.
  ///
  /// The list is open.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Name: String { case invalidConfiguration, alreadyRun, stopped }
    private let name: Name

    /// A value of the configuration is out of its range.
    public static let invalidConfiguration = Code(name: .invalidConfiguration)
    /// The sandbox was run a second time.
    public static let alreadyRun = Code(name: .alreadyRun)
    /// What was waited for can no longer happen, because the sandbox has ended.
    public static let stopped = Code(name: .stopped)

    /// The name of the code.
    public var description: String { name.rawValue }
  }

  /// What kind of error it is.
  public let code: Code
  /// What was wrong and what is expected, for a person.
  ///
  /// It holds no secret.
  public let message: String

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}
