internal import Synchronization

/// Distinguishes the request that lacks a connection from those that failed with it.
///
/// If a connection can't be established, async-http-client fails every request that waits for one, although all but one
/// of them have theirs under way. The first of them to ask takes the failure; the others try again.
package final class ConnectFailures: Sendable {
  private let count = Atomic(0)

  package init() {}

  /// A mark of now, to pass when a connection has failed.
  package var mark: Int { count.load(ordering: .sequentiallyConsistent) }

  /// Indicates whether no other request has taken a failure since the mark; this one has then.
  package func take(since mark: Int) -> Bool {
    count.compareExchange(expected: mark, desired: mark + 1, ordering: .sequentiallyConsistent).exchanged
  }
}
