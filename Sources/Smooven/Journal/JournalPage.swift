/// Some entries of a journal, oldest first.
public struct JournalPage: Sendable {
  /// The entries.
  public let entries: [JournalEntry]
  /// The number of entries in this range that are no longer kept: a reader that fell behind shows what it has as
  /// incomplete.
  public let missed: Int
  /// Whether the place after which to read is unknown here, such as one of a journal before a restart: forget what was read
  /// before, because this page is from the beginning.
  public let startsOver: Bool
  /// The place after which to continue.
  public let end: UInt64
}
