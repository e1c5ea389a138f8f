/// What became of a callback that a store was given.
public enum AppendResult: Sendable, Hashable {
  /// It's new, and stored.
  case stored
  /// It was stored before. Nothing changed.
  case duplicate
  /// Its signed time lies where the store has forgotten its keys, so it can't tell whether it is new. Nothing changed.
  case tooOld
}
