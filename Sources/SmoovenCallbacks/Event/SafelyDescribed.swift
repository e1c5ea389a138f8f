/// A value that may hold personal data or secrets, and that prints only as its `description`.
///
/// Conforming to it hides the stored properties from `print`, `dump`, string interpolation and debuggers'
/// summaries.
public protocol SafelyDescribed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension SafelyDescribed {
  /// The same as `description`.
  public var debugDescription: String { description }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
