#if PostgresSupport
/// The view of a poll: the transactions that had ended, and their server.
///
/// The next poll reads what those have written that hadn't. So a transaction that stays open makes no poll read anything
/// twice.
struct PollSnapshot: Sendable, Hashable {
  /// The time at which the server was started, which distinguishes it from one that took over.
  let server: Double
  /// The number that is added to those of transactions.
  let base: Int64
  /// The oldest transaction that was running.
  let first: Int64
  /// The first transaction that hadn't begun.
  let next: Int64
  /// Those that were running.
  let running: [Int64]

  /// Columns of a statement that sees the same moment: a text, a number and another one.
  static func columns(_ tables: PostgresTables) -> String {
    """
    pg_current_snapshot()::text, (SELECT base FROM \(tables("state"))),
      extract(epoch FROM pg_postmaster_start_time())::float8
    """
  }

  /// Reads the columns: `first:next:running,…`.
  init?(_ text: String?, base: Int64?, server: Double?) {
    guard let parts = text?.split(separator: ":", omittingEmptySubsequences: false), parts.count == 3,
      let first = Int64(parts[0]), let next = Int64(parts[1]), let base, let server
    else { return nil }
    self.server = server
    self.base = base
    self.first = first
    self.next = next
    running = parts[2].split(separator: ",").compactMap { Int64($0) }
  }

  /// Whether it's of the same server as an earlier one, and not from before it.
  ///
  /// If not, what was committed in between may be missing, and transactions may have the numbers of earlier ones.
  func follows(_ earlier: PollSnapshot) -> Bool {
    server == earlier.server && base == earlier.base && next >= earlier.next
  }
}
#endif
