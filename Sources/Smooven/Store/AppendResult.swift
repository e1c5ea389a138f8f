/// The result of appending a callback to a store.
public enum AppendResult: Sendable, Hashable {
  /// The callback is new, and was stored.
  case stored
  /// The callback was already stored, so nothing changed.
  case duplicate
  /// The store has forgotten the keys of the callback's signed time, so it can't tell whether the callback is new.
  ///
  /// Nothing changed.
  case tooOld
}
