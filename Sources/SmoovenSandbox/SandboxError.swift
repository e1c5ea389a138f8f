/// The reason why a sandbox can't do what was asked of it.
///
/// Errors of the socket, such as a port that is in use, are thrown unchanged.
public struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error.
  ///
  /// The list is open.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Name: String { case invalidConfiguration, alreadyRun, stopped }
    private let name: Name

    /// A value of the configuration is out of range.
    public static let invalidConfiguration = Code(name: .invalidConfiguration)
    /// The sandbox was run a second time.
    public static let alreadyRun = Code(name: .alreadyRun)
    /// The awaited event can no longer happen, because the sandbox has ended.
    public static let stopped = Code(name: .stopped)

    /// The name of the code.
    public var description: String { name.rawValue }
  }

  /// The kind of error.
  public let code: Code
  /// A human-readable description of what's wrong and what is expected.
  ///
  /// It contains no secret.
  public let message: String

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}
