/// The counts of what a random test did, which are the same for the same seed, store and number of steps.
public struct ConformanceTally: Sendable, Hashable {
  /// The number of calls of each operation, by its name.
  public var operations: [String: Int] = [:]
  /// The number of callbacks that were stored.
  public var stored = 0
  /// The number of callbacks that were duplicates.
  public var duplicates = 0
  /// The number of insertions that returned an existing delivery.
  public var repeated = 0
  /// The number of rows that were replaced.
  public var replaced = 0
  /// The number of replacements and removals that were refused because of an outdated version.
  public var refused = 0
  /// The number of callbacks that were read and compared.
  public var compared = 0
}
