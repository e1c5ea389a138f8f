/// A value, or the work that computes it.
///
/// A handler that has its value already returns ``now(_:)``, so that its caller needs no task.
package enum Answer<Value: Sendable>: Sendable {
  /// The value is known.
  case now(Value)

  /// The value has to be awaited. The caller decides in which task the work runs, and may cancel it.
  case later(@Sendable () async -> Value)

  /// Transforms the value, immediately if it's known and after the work if it isn't.
  package func map<T: Sendable>(_ transform: @escaping @Sendable (Value) -> T) -> Answer<T> {
    switch self {
    case .now(let value): .now(transform(value))
    case .later(let work): .later { transform(await work()) }
    }
  }
}
