/// A value, or the work that leads to it.
///
/// A handler that has its value already returns ``now(_:)``, so that its caller needs no task.
package enum Answer<Value: Sendable>: Sendable {
  /// The value is known.
  case now(Value)

  /// The value has to be awaited; the caller decides in which task it runs, and may cancel it.
  case later(@Sendable () async -> Value)

  /// Transforms the value: immediately if it is known, and after the work otherwise.
  package func map<T: Sendable>(_ transform: @escaping @Sendable (Value) -> T) -> Answer<T> {
    switch self {
    case .now(let value): .now(transform(value))
    case .later(let work): .later { transform(await work()) }
    }
  }
}
